// A dialog above the page, which keeps the focus inside and gives it back.
import "./Dialog.css";
import { useRef, type ReactNode } from "react";
import * as Radix from "@radix-ui/react-dialog";
import { X } from "lucide-react";
import { overlayRoot } from "./overlay.ts";

interface DialogProps {
  open: boolean;
  title: string;
  onDismiss: () => void;
  /** Mounted while the dialog is open, so a form in it begins anew each time. */
  children: ReactNode;
}

export function Dialog({ open, title, onDismiss, children }: DialogProps) {
  const content = useRef<HTMLDivElement>(null);
  const opener = useRef<Element | null>(null);
  const focusFirst = (event: Event) => {
    opener.current = document.activeElement;
    const find = (selector: string) => content.current?.querySelector<HTMLElement>(selector);
    const first = find("[data-first], .ui-dialog-in :is(input, select, textarea)") ?? find(".ui-dialog-in [cmdk-root]");
    if (!first) return;
    event.preventDefault();
    first.focus();
  };
  // Whoever has taken the focus meanwhile keeps it.
  const restoreFocus = (event: Event) => {
    event.preventDefault();
    if (document.activeElement === document.body && opener.current instanceof HTMLElement) opener.current.focus();
  };
  return (
    <Radix.Root open={open} onOpenChange={(next) => !next && onDismiss()}>
      <Radix.Portal container={overlayRoot()}>
        <Radix.Overlay className="ui-backdrop" />
        <Radix.Content
          ref={content}
          className="ui-dialog"
          aria-describedby={undefined}
          onOpenAutoFocus={focusFirst}
          onCloseAutoFocus={restoreFocus}
        >
          <header>
            <Radix.Title>{title}</Radix.Title>
            <Radix.Close className="ui-button ghost icon" aria-label="Close">
              <X size={16} />
            </Radix.Close>
          </header>
          <div className="ui-dialog-in">{children}</div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
