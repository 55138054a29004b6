// A dialog: the browser's own, which keeps the focus inside and gives it back.
import { useEffect, useId, useRef } from "react";
import { X } from "lucide-react";

export function Dialog({ open, title, onDismiss, children }) {
  const element = useRef(null);
  const id = useId();
  useEffect(() => {
    const dialog = element.current;
    if (open && !dialog.open) {
      dialog.showModal();
      dialog.querySelector("[data-first], .qv-dialog-in :is(input, select, textarea)")?.focus();
    }
    if (!open && dialog.open) dialog.close();
  }, [open]);
  return (
    <dialog
      ref={element}
      className="qv-dialog"
      aria-labelledby={id}
      onClose={() => open && onDismiss()}
      onMouseDown={(event) => event.target === element.current && element.current.close()}
    >
      <header>
        <h2 id={id}>{title}</h2>
        <button type="button" className="qv-btn ghost icon" aria-label="Close" onClick={() => element.current.close()}>
          <X size={16} />
        </button>
      </header>
      {open && <div className="qv-dialog-in">{children}</div>}
    </dialog>
  );
}
