import { WifiOff } from "lucide-react";
import type { Destination } from "./offline.ts";

/** A link that waits for the connection. */
export function PendingLink({ to, cancel }: { to: Destination; cancel: () => void }) {
  return (
    <div className="ui-callout amber frame-pending" role="status">
      <WifiOff size={16} />
      <span>
        You&apos;re offline. {to.name ? `“${to.name}”` : "The page"} opens as soon as you&apos;re back online.
      </span>
      <button type="button" className="ui-button ghost" onClick={cancel}>
        Stay here
      </button>
    </div>
  );
}
