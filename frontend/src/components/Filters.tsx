// The filters beside a search: always there on wide screens, behind a button on phones.
import { type FormEvent, type ReactNode, useId, useState } from "react";
import { SlidersHorizontal } from "lucide-react";
import "./Filters.css";

interface FiltersProps {
  /** Filters that are set. */
  count: number;
  children: ReactNode;
}

// A checkbox says all there is to say with one click; other filters wait for the search button.
const applyAtOnce = ({ target }: FormEvent) => {
  if (target instanceof HTMLInputElement && target.type === "checkbox") target.form?.requestSubmit();
};

export function Filters({ count, children }: FiltersProps) {
  const [open, setOpen] = useState(false);
  const id = useId();
  return (
    <>
      <button
        type="button"
        className="ui-button surface mid ui-filters-button"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
      >
        <SlidersHorizontal size={16} />
        Filters
        {count > 0 && (
          <span className="ui-filters-count">
            {count}
            <span className="ui-screen-reader"> active</span>
          </span>
        )}
      </button>
      <div id={id} onChange={applyAtOnce} className={open ? "ui-filters open" : "ui-filters"}>
        {children}
      </div>
    </>
  );
}
