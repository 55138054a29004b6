// The tab that opens the link of a sign-up tells the one that waits for it.
import { useEffect, useState } from "react";

const CHANNEL = "qv-verified";

export function announceVerified() {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage(null);
  channel.close();
}

/** Whether the link was opened in another tab of this browser. */
export function useVerified(): boolean {
  const [verified, setVerified] = useState(false);
  useEffect(() => {
    const channel = new BroadcastChannel(CHANNEL);
    channel.addEventListener("message", () => setVerified(true));
    return () => channel.close();
  }, []);
  return verified;
}
