// One of few, shown side by side.
import "./Segments.css";

interface SegmentsProps<Key extends string> {
  label: string;
  value: Key;
  set: (value: Key) => void;
  /** Values, and what they are called. */
  options: [Key, string][];
  small?: boolean;
}

export function Segments<Key extends string>({ label, value, set, options, small = false }: SegmentsProps<Key>) {
  return (
    <div className={`ui-segments ${small ? "small" : ""}`} role="group" aria-label={label}>
      {options.map(([key, name]) => (
        <button
          key={key}
          type="button"
          className={value === key ? "on" : ""}
          aria-pressed={value === key}
          onClick={() => value !== key && set(key)}
        >
          {name}
        </button>
      ))}
    </div>
  );
}
