// What a link brought in its fragment. assets/scripts/fragment.js took it out of the address before the page told the server
// where it is; the tab keeps it until it is used, so that a reload loses nothing.
import { useEffect, useState } from "react";

declare global {
  interface Window {
    /** Of assets/scripts/fragment.js. */
    qvTakeFragment: () => void;
  }
}

const key = () => `qv-fragment${window.location.pathname.replace(/\/+$/, "")}`;

export function useFragment() {
  const [text] = useState(() => {
    if (window.location.hash.length > 1) window.qvTakeFragment();
    return sessionStorage.getItem(key()) || "";
  });
  useEffect(() => {
    // Another link of the same page, opened in this tab.
    const again = () => window.location.hash.length > 1 && window.location.reload();
    window.addEventListener("hashchange", again);
    return () => window.removeEventListener("hashchange", again);
  }, []);
  return text;
}

export const forgetFragment = () => sessionStorage.removeItem(key());

// Only addresses of this site are gone to.
export function ownAddress(path: string | null | undefined) {
  try {
    const url = new URL(path || "/", window.location.origin);
    return url.origin === window.location.origin ? url.href : "/";
  } catch {
    return "/";
  }
}

export const go = (path: string) => window.location.assign(path);
