// Where the focus goes when the control that had it is gone.
import { useEffect, useRef, type RefObject } from "react";

/** When the step changes: to its first field, what it marks with `data-step-focus`, or its first button. */
export function useStepFocus(element: RefObject<HTMLElement | null>, step: unknown) {
  const before = useRef(step);
  useEffect(() => {
    if (before.current === step) return;
    before.current = step;
    const target = ['input:not([tabindex="-1"])', "[data-step-focus]", "button"]
      .map((selector) => element.current?.querySelector<HTMLElement>(selector))
      .find(Boolean);
    target?.focus();
  }, [element, step]);
}
