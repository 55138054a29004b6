// The server opens sockets for pages that it has served in the last hour; each page brings a cookie that says so. When a
// socket is refused, because this page is older, the page is asked for again, for its cookie. Reflex tries by itself again.
// An attempt that the network swallowed ends after a few seconds, so that it doesn't keep the page from the next one.
(() => {
  const Socket = window.WebSocket;
  const PATIENCE = 5000; // milliseconds until the server's first message
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
      if (!new URL(url, location.href).pathname.startsWith("/_event")) return;
      this.addEventListener("error", renew);
      const timer = setTimeout(() => this.close(), PATIENCE);
      for (const event of ["message", "close"]) this.addEventListener(event, () => clearTimeout(timer), { once: true });
    }
  };
})();
