// A message to the assistant, in the middle of the call.
import { useEffect, useRef, useState, type FormEvent } from "react";
import { ArrowUp } from "lucide-react";

// Somebody who thinks about their words is typing too.
const STILL_TYPING_MS = 10_000;

export function Composer({
  assistant,
  send,
  typing,
  disabled,
  focus,
}: {
  assistant: string;
  send: (text: string) => void;
  typing: () => void;
  disabled: boolean;
  focus: boolean;
}) {
  const [text, setText] = useState("");
  useKeepTyping(Boolean(text.trim()), typing);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const words = text.trim();
    if (!words) return;
    send(words);
    setText("");
  };
  return (
    <form onSubmit={submit}>
      <div className="call-type">
        <div className="ui-input big">
          <input
            value={text}
            maxLength={1000}
            autoFocus={focus}
            enterKeyHint="send"
            placeholder={`Message ${assistant}`}
            aria-label={`Message ${assistant}`}
            onChange={(event) => {
              setText(event.target.value);
              typing();
            }}
          />
          <button type="submit" className="ui-button solid icon mid" aria-label="Send" disabled={disabled}>
            <ArrowUp size={16} />
          </button>
        </div>
      </div>
    </form>
  );
}

function useKeepTyping(draft: boolean, typing: () => void) {
  const report = useRef(typing);
  useEffect(() => {
    report.current = typing;
  });
  useEffect(() => {
    if (!draft) return undefined;
    const timer = setInterval(() => report.current(), STILL_TYPING_MS);
    return () => clearInterval(timer);
  }, [draft]);
}
