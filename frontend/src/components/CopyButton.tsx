// A button that copies a secret, which stays "Copied". subject: for whoever does not see; icon: without a word on it.
// The clipboard is there on safe addresses only.
import { useState } from "react";
import { Check, Copy } from "lucide-react";

export function CopyButton({ text, subject, icon }: { text: string; subject: string; icon?: boolean }) {
  const [copied, setCopied] = useState(false);
  if (!navigator.clipboard) return null;
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => {},
    );
  const Face = copied ? Check : Copy;
  return (
    <button
      type="button"
      className={`ui-button ${icon ? "ghost icon ui-copy" : "surface mid"}`}
      aria-label={icon ? `Copy ${subject}` : undefined}
      onClick={copy}
    >
      <Face size={16} />
      {!icon && <span aria-live="polite">{copied ? "Copied" : "Copy"}</span>}
      {icon && (
        <span className="ui-copied" role="status">
          {copied ? "Copied" : ""}
        </span>
      )}
    </button>
  );
}
