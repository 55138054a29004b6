// Links while there is no connection: the browser would leave the app for its error page, so they wait until it is back.
import { useEffect, useState, useSyncExternalStore } from "react";
import { useNavigate } from "react-router";

export interface Destination {
  path: string;
  /** What the link says. */
  name: string;
}

type Click = Pick<MouseEvent, "button" | "metaKey" | "ctrlKey" | "shiftKey" | "altKey" | "defaultPrevented">;
type Anchor = Pick<HTMLAnchorElement, "href" | "target" | "download" | "ariaLabel" | "textContent">;

/** Where a click on a link leads within the app; null where it stays on the page, or opens something else. */
export function destination(click: Click, link: Anchor, here: string): Destination | null {
  if (click.defaultPrevented || click.button !== 0) return null;
  if (click.metaKey || click.ctrlKey || click.shiftKey || click.altKey) return null;
  const [to, from] = [new URL(link.href, here), new URL(here)];
  const opensElsewhere = to.origin !== from.origin || Boolean(link.target && link.target !== "_self") || link.download;
  if (opensElsewhere || (to.pathname === from.pathname && to.search === from.search)) return null;
  return { path: to.pathname + to.search + to.hash, name: (link.ariaLabel || link.textContent || "").trim() };
}

function watchNetwork(onChange: () => void) {
  window.addEventListener("online", onChange);
  window.addEventListener("offline", onChange);
  return () => {
    window.removeEventListener("online", onChange);
    window.removeEventListener("offline", onChange);
  };
}

/** Holds the last link that was followed without a connection, and follows it with one. */
export function usePendingLink(disconnected: boolean) {
  const navigate = useNavigate();
  const online = useSyncExternalStore(
    watchNetwork,
    () => navigator.onLine,
    () => true,
  );
  const away = disconnected || !online;
  const [pendingLink, setPendingLink] = useState<Destination | null>(null);
  useEffect(() => {
    if (!away) return undefined;
    const onClick = (event: MouseEvent) => {
      const link = event.target instanceof Element && event.target.closest<HTMLAnchorElement>("a[href]");
      const to = link && destination(event, link, window.location.href);
      if (!to) return;
      event.preventDefault();
      event.stopPropagation();
      setPendingLink(to);
    };
    // Before any link's own handler.
    window.addEventListener("click", onClick, true);
    return () => window.removeEventListener("click", onClick, true);
  }, [away]);
  useEffect(() => {
    if (away || !pendingLink) return;
    setPendingLink(null);
    void navigate(pendingLink.path);
  }, [away, pendingLink, navigate]);
  return {
    pendingLink,
    cancel: () => setPendingLink(null),
    go: (to: Destination) => (away ? setPendingLink(to) : void navigate(to.path)),
  };
}
