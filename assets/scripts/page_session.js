// The server opens sockets for pages that it has served in the last hour; each page brings a cookie that says so. When a
// socket is refused, because this page is older, the page is asked for again, for its cookie. Reflex tries by itself again.
(() => {
  const Socket = window.WebSocket;
  let asking = false;
  const renew = () => {
    if (asking) return;
    asking = true;
    fetch(location.pathname, { method: "HEAD", cache: "no-store" })
      .catch(() => {}) // the server cannot be reached: the next attempt asks again
      .finally(() => { asking = false; });
  };
  window.WebSocket = class extends Socket {
    constructor(url, protocols) {
      super(url, protocols);
      if (new URL(url, location.href).pathname.startsWith("/_event")) this.addEventListener("error", renew);
    }
  };
})();
