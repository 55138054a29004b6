// The filters beside a search: always there on wide screens, behind a button on phones.
import { type ReactNode, useId, useState } from "react";
import { SlidersHorizontal } from "lucide-react";
import "./Filters.css";

interface FiltersProps {
  /** Filters that are set. */
  count: number;
  children: ReactNode;
}

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
      <div id={id} className={open ? "ui-filters open" : "ui-filters"}>
        {children}
      </div>
    </>
  );
}
