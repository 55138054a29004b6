// One short message at the edge of the page.
import { CircleAlert, CircleCheck, Undo2 } from "lucide-react";

export interface ToastMessage {
  text: string;
  failed: boolean;
  at: number;
}

interface ToastProps {
  message: ToastMessage | null;
  close: () => void;
  /** Takes back what the message is about. */
  undo?: () => void;
}

export function Toast({ message, close, undo }: ToastProps) {
  const tone = message?.failed ? "" : undo ? "undo" : "good";
  return (
    <div role="status">
      {message && (
        <div key={message.at} className={`ui-toast ${tone}`}>
          {message.failed ? <CircleAlert size={16} /> : undo ? <Undo2 size={16} /> : <CircleCheck size={16} />}
          <span className="ui-grow">{message.text}</span>
          {undo && (
            <button type="button" className="ui-button soft" onClick={undo}>
              Undo
            </button>
          )}
          <button type="button" className={`ui-button ${undo ? "ghost" : "soft"}`} onClick={close}>
            Close
          </button>
        </div>
      )}
    </div>
  );
}
