// A menu behind a button.
import "./Menu.css";
import { useState, type ComponentProps, type ReactNode } from "react";
import * as Radix from "@radix-ui/react-dropdown-menu";
import { Ellipsis } from "lucide-react";
import { menuRoot } from "./overlay.ts";

const EDGE = 8; // pixels to the edge of the window

interface MenuProps {
  label: string;
  /** What the button shows; three dots otherwise. */
  face?: ReactNode;
  className?: string;
  /** At least as wide as the button. */
  wide?: boolean;
  children: ReactNode;
}

export function Menu({ label, face, className = "ui-button ghost icon", wide = false, children }: MenuProps) {
  // Looked up when the menu opens: the page may be there only then.
  const [root, setRoot] = useState<HTMLElement | null>(null);
  return (
    <Radix.Root modal={false} onOpenChange={(open) => open && setRoot(menuRoot())}>
      <Radix.Trigger className={className} aria-label={label} title={face ? undefined : label}>
        {face || <Ellipsis size={16} />}
      </Radix.Trigger>
      <Radix.Portal container={root}>
        <Radix.Content
          className={`ui-menu ${wide ? "wide" : ""}`}
          align={wide ? "start" : "end"}
          sideOffset={4}
          collisionPadding={EDGE}
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

interface MenuItemProps extends Omit<ComponentProps<"button">, "type"> {
  /** A color, for what cannot be undone. */
  tone?: string;
}

export function MenuItem({ tone = "", className = "", disabled, ...button }: MenuItemProps) {
  return (
    <Radix.Item asChild disabled={disabled}>
      <button type="button" className={`ui-item ${tone} ${className}`} disabled={disabled} {...button} />
    </Radix.Item>
  );
}

export function MenuLink({ className = "", ...link }: ComponentProps<"a">) {
  return (
    <Radix.Item asChild>
      <a className={`ui-item ${className}`} {...link} />
    </Radix.Item>
  );
}

interface MenuChoiceProps {
  value: string;
  set: (value: string) => void;
  options: { value: string; content: ReactNode }[];
}

/** One of many. */
export function MenuChoice({ value, set, options }: MenuChoiceProps) {
  return (
    <Radix.RadioGroup value={value} onValueChange={set}>
      {options.map((option) => (
        <Radix.RadioItem key={option.value} value={option.value} asChild>
          <button type="button" className="ui-item">
            {option.content}
          </button>
        </Radix.RadioItem>
      ))}
    </Radix.RadioGroup>
  );
}

/** Words above the items. */
export function MenuHeading({ children }: { children: ReactNode }) {
  return <Radix.Label className="ui-menu-head">{children}</Radix.Label>;
}

interface PointerMenuProps {
  /** In the window. */
  at: { x: number; y: number };
  label: string;
  onClose: () => void;
  children: ReactNode;
}

/** A menu that is open where the pointer is. */
export function PointerMenu({ at, label, onClose, children }: PointerMenuProps) {
  return (
    <Radix.Root open modal={false} onOpenChange={(open) => !open && onClose()}>
      <Radix.Trigger asChild>
        <button
          type="button"
          className="ui-menu-at"
          tabIndex={-1}
          aria-label={label}
          style={{ left: at.x, top: at.y }}
        />
      </Radix.Trigger>
      <Radix.Portal container={menuRoot()}>
        <Radix.Content
          className="ui-menu"
          aria-label={label}
          align="start"
          collisionPadding={EDGE}
          onCloseAutoFocus={(event) => event.preventDefault()}
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
