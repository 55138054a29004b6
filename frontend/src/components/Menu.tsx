// A menu behind a button. It stands over the page where the button is, upwards where there is no room below.
import { useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import { Ellipsis } from "lucide-react";

const EDGE = 8; // pixels to the edge of the window
const SLIM = 160; // pixels: narrower buttons are icons

// face: what the button shows, three dots otherwise. wide: as wide as the button.
export function Menu({ label, face, className = "qv-btn ghost icon", wide = false, children }) {
  const [open, setOpen] = useState(false);
  const [place, setPlace] = useState(null);
  const button = useRef(null);
  const list = useRef(null);
  const id = useId();
  const items = () => [...list.current.querySelectorAll('[role^="menuitem"]')];

  useLayoutEffect(() => {
    if (!open) return;
    const from = button.current.getBoundingClientRect();
    const { offsetWidth, offsetHeight } = list.current;
    // A wide one is as wide as its button; a button that is an icon alone leaves it its own width.
    const width = wide && from.width >= SLIM ? from.width : offsetWidth;
    const below = from.bottom + 4 + offsetHeight + EDGE <= window.innerHeight;
    setPlace({
      top: below ? from.bottom + 4 : Math.max(EDGE, from.top - 4 - offsetHeight),
      left: Math.max(EDGE, Math.min(wide ? from.left : from.right - width, window.innerWidth - width - EDGE)),
      width: wide && from.width >= SLIM ? from.width : undefined,
    });
  }, [open]);

  // What is hidden takes no focus: once it has its place.
  useEffect(() => {
    if (open && place) items()[0]?.focus({ preventScroll: true });
  }, [open, place]);

  useEffect(() => {
    if (!open) return undefined;
    const outside = (event) =>
      !list.current?.contains(event.target) && !button.current?.contains(event.target) && setOpen(false);
    const close = () => setOpen(false);
    document.addEventListener("pointerdown", outside);
    window.addEventListener("scroll", close, true);
    window.addEventListener("resize", close);
    return () => {
      document.removeEventListener("pointerdown", outside);
      window.removeEventListener("scroll", close, true);
      window.removeEventListener("resize", close);
    };
  }, [open]);

  const onKeyDown = (event) => {
    const all = items();
    const at = all.indexOf(document.activeElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (next !== undefined) all[(next + all.length) % all.length]?.focus();
    else if (event.key === "Escape") button.current.focus();
    else if (event.key !== "Tab") return;
    if (event.key === "Escape" || event.key === "Tab") setOpen(false);
    if (event.key !== "Tab") {
      event.preventDefault();
      event.stopPropagation();
    }
  };

  return (
    <>
      <button
        ref={button}
        type="button"
        className={className}
        aria-label={label}
        title={face ? undefined : label}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => {
          setPlace(null);
          setOpen(!open);
        }}
      >
        {face || <Ellipsis size={16} />}
      </button>
      {open && (
        <div
          ref={list}
          id={id}
          role="menu"
          aria-label={label}
          className="qv-menu"
          style={place || { visibility: "hidden" }}
          onKeyDown={onKeyDown}
          onClick={(event) => {
            if (event.target.closest('[role^="menuitem"]')) {
              setOpen(false);
              button.current.focus();
            }
          }}
        >
          {children}
        </div>
      )}
    </>
  );
}
