// One of many, by keyboard as by mouse: the kind of a new node, where an exit leads, what a search finds.
import { useEffect, useRef, useState } from "react";
import { Search } from "lucide-react";
import { Dialog } from "./Dialog.tsx";

const FEW = 8;

// options: [{key, name, note, icon, disabled}]; find: text → options, instead of filtering by name.
export function Pick({ title, options, find, placeholder = "Find", empty = "Nothing fits.", onPick, onClose }) {
  const [text, setText] = useState("");
  const list = useRef(null);
  const searching = Boolean(find) || options.length > FEW;
  const words = text.trim().toLowerCase();
  const shown = find
    ? find(text.trim())
    : options.filter(({ name, note = "" }) => `${name} ${note}`.toLowerCase().includes(words));
  useEffect(() => {
    if (!searching) list.current?.querySelector("button:not(:disabled)")?.focus();
  }, []);
  const onKeyDown = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const buttons = [...list.current.querySelectorAll("button:not(:disabled)")];
    const at = buttons.indexOf(document.activeElement);
    if (step && buttons.length) {
      event.preventDefault();
      buttons[(at + step + buttons.length) % buttons.length].focus();
    } else if (event.key === "Enter" && at < 0) {
      event.preventDefault();
      buttons[0]?.click();
    }
  };
  return (
    <Dialog open title={title} onDismiss={onClose}>
      <div className="fl-pick" onKeyDown={onKeyDown}>
        {searching && (
          <div className="qv-input">
            <Search size={16} />
            <input
              data-first
              aria-label={placeholder}
              placeholder={placeholder}
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
          </div>
        )}
        <ul ref={list}>
          {shown.map(({ key, name, note, icon, disabled }) => (
            <li key={key}>
              <button type="button" className="qv-item" disabled={disabled} onClick={() => onPick(key)}>
                {icon}
                <span className="qv-clip qv-grow">{name}</span>
                {note && <span className="qv-note qv-clip">{note}</span>}
              </button>
            </li>
          ))}
        </ul>
        {shown.length === 0 && (
          <p className="qv-mute" role="status">
            {text || !find ? empty : ""}
          </p>
        )}
      </div>
    </Dialog>
  );
}
