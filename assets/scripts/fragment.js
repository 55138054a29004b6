// Links in mails carry their token in the fragment, which no server is sent. This runs before the pages do, because they
// tell the server their whole address over the socket: the fragment is kept in the tab and leaves the address bar.
window.qvTakeFragment = () => {
  const page = location.pathname.replace(/\/+$/, "");
  const taken = ["/verify", "/reset", "/invite", "/confirm-email", "/transcript"].includes(page)
    || (["/login", "/settings/security", "/signup"].includes(page) && /^#(challenge=|problem=|connected$|confirm$)/.test(location.hash))
    || (page === "/forgot" && location.hash.startsWith("#email="))
    || (page === "/dev/mailbox" && location.hash.startsWith("#key="));
  if (!taken || location.hash.length < 2) return;
  sessionStorage.setItem(`qv-fragment${page}`, location.hash.slice(1));
  history.replaceState(history.state, "", location.pathname + location.search);
};
window.qvTakeFragment();
