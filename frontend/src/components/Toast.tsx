// One short message at the edge of the page.
import { useCallback, useState } from "react";

export interface ToastMessage {
  text: string;
  failed: boolean;
  at: number;
}
/** Shows a message; empty takes the present one away. */
export type Tell = (text: string, failed?: boolean) => void;

export function useToast(): [ToastMessage | null, Tell] {
  const [message, setMessage] = useState<ToastMessage | null>(null);
  const tell = useCallback<Tell>(
    (text, failed = false) => setMessage(text ? { text, failed, at: Date.now() } : null),
    [],
  );
  return [message, tell];
}

export function Toast({ message, close }: { message: ToastMessage | null; close: () => void }) {
  return (
    <div role="status">
      {message && (
        <div key={message.at} className={`ui-toast ${message.failed ? "" : "good"}`}>
          <span className="ui-grow">{message.text}</span>
          <button type="button" className="ui-button soft" onClick={close}>
            Close
          </button>
        </div>
      )}
    </div>
  );
}
