// A button that copies the address of a page. The clipboard is there on safe addresses only.
import { useEffect, useState } from "react";
import { Check, Copy as CopyIcon } from "lucide-react";

const SHOWN_FOR = 2000; // milliseconds

interface CopyProps {
  /** An address, whole or without its host. */
  text: string;
  label: string;
  /** The text is no address, and copied as it is. */
  plain?: boolean;
}

export function Copy({ text, label, plain = false }: CopyProps) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), SHOWN_FOR);
    return () => clearTimeout(timer);
  }, [copied]);
  if (!navigator.clipboard) return null;
  const copy = () =>
    navigator.clipboard.writeText(plain ? text : new URL(text, window.location.href).href).then(
      () => setCopied(true),
      () => {},
    );
  const Face = copied ? Check : CopyIcon;
  return (
    <button type="button" className="ui-button ghost icon ui-copy" aria-label={label} title={label} onClick={copy}>
      <Face size={16} />
      <span className="ui-copied" role="status">
        {copied ? "Copied" : ""}
      </span>
    </button>
  );
}
