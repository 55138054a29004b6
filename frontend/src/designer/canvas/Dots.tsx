// The dots behind the flow. They are drawn once and moved with the view: a pattern that follows it is drawn anew at each frame.
import { useLayoutEffect, useRef } from "react";
import { useStoreApi, type ReactFlowState } from "@xyflow/react";

const GAP = 20;

export function Dots() {
  const { getState, subscribe } = useStoreApi();
  const element = useRef<SVGSVGElement>(null);
  // A layout effect, as it ends with the element: the store still speaks after that.
  useLayoutEffect(() => {
    const place = ({ transform: [x, y, zoom] }: ReactFlowState) => {
      // From afar every second dot is left out, then every fourth …, so that they are never closer than 0.7 × 20 pixels.
      const scale = zoom * 2 ** Math.max(0, Math.round(-Math.log2(zoom)));
      const gap = GAP * scale;
      if (element.current)
        element.current.style.transform = `translate(${(x % gap) - gap}px, ${(y % gap) - gap}px) scale(${scale})`;
    };
    place(getState());
    return subscribe(place);
  }, [getState, subscribe]);
  return (
    <svg className="editor-dots" ref={element} aria-hidden="true">
      <pattern id="editor-dots" x={-GAP / 2} y={-GAP / 2} width={GAP} height={GAP} patternUnits="userSpaceOnUse">
        <circle cx={GAP / 2} cy={GAP / 2} r="0.7" />
      </pattern>
      <rect width="100%" height="100%" fill="url(#editor-dots)" />
    </svg>
  );
}
