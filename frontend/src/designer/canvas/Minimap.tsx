// The whole flow, small, and what of it is in view. A drag moves the view, the wheel zooms.
// Drawn on a <canvas>: as elements the nodes would be laid out anew at each frame in which the view moves.
import { useContext, useEffect, useLayoutEffect, useRef, type PointerEvent } from "react";
import { useReactFlow, useStoreApi, type ReactFlowState, type XYPosition } from "@xyflow/react";
import { ColorModeContext } from "$/utils/context";
import { NODE_HEIGHT, NODE_WIDTH } from "../model/definition.ts";
import { useViewing } from "./viewing.ts";

const WIDTH = 140;
const HEIGHT = 96;
const MARGIN = 3;

type Colors = Record<"node" | "on" | "mask" | "view", string>;

function colorsOf(element: Element): Colors {
  const style = getComputedStyle(element);
  const color = (name: string) => style.getPropertyValue(`--editor-mini-${name}`);
  return { node: color("node"), on: color("on"), mask: color("mask"), view: color("view") };
}

// Returns the scale: pixels of the canvas for one of the flow.
function draw(canvas: HTMLCanvasElement, colors: Colors, state: ReactFlowState): number {
  const { nodeLookup, transform, width, height } = state;
  const [x, y, zoom] = transform;
  const view = { x: -x / zoom, y: -y / zoom, width: width / zoom, height: height / zoom };
  let [left, top, right, bottom] = [view.x, view.y, view.x + view.width, view.y + view.height];
  const boxes = [...nodeLookup.values()].map(({ internals, measured, selected }) => {
    const box = {
      ...internals.positionAbsolute,
      width: measured?.width || NODE_WIDTH,
      height: measured?.height || NODE_HEIGHT,
      selected,
    };
    [left, top, right, bottom] = [
      Math.min(left, box.x),
      Math.min(top, box.y),
      Math.max(right, box.x + box.width),
      Math.max(bottom, box.y + box.height),
    ];
    return box;
  });
  const scale = Math.min((WIDTH - 2 * MARGIN) / (right - left), (HEIGHT - 2 * MARGIN) / (bottom - top));
  const sharp = window.devicePixelRatio;
  if (canvas.width !== Math.round(WIDTH * sharp))
    [canvas.width, canvas.height] = [Math.round(WIDTH * sharp), Math.round(HEIGHT * sharp)];
  const pen = canvas.getContext("2d");
  if (!pen) return scale;
  pen.setTransform(sharp, 0, 0, sharp, 0, 0);
  pen.clearRect(0, 0, WIDTH, HEIGHT);
  pen.translate(WIDTH / 2 - (scale * (left + right)) / 2, HEIGHT / 2 - (scale * (top + bottom)) / 2);
  for (const selected of [false, true]) {
    pen.beginPath();
    boxes
      .filter((box) => Boolean(box.selected) === selected)
      .forEach((box) => pen.roundRect(box.x * scale, box.y * scale, box.width * scale, box.height * scale, 8 * scale));
    pen.fillStyle = selected ? colors.on : colors.node;
    pen.fill();
  }
  pen.beginPath();
  pen.rect(-1e4, -1e4, 2e4, 2e4);
  pen.rect(view.x * scale, view.y * scale, view.width * scale, view.height * scale);
  pen.fillStyle = colors.mask;
  pen.fill("evenodd");
  pen.strokeStyle = colors.view;
  pen.lineWidth = 0.5;
  pen.strokeRect(view.x * scale, view.y * scale, view.width * scale, view.height * scale);
  return scale;
}

export function Minimap() {
  const { getState, subscribe } = useStoreApi();
  const { getViewport, setViewport, zoomTo } = useReactFlow();
  const { leave } = useViewing();
  const { resolvedColorMode } = useContext(ColorModeContext);
  const canvas = useRef<HTMLCanvasElement>(null);
  const scale = useRef(1);
  const dragged = useRef<XYPosition | null>(null);

  useLayoutEffect(() => {
    let frame = 0;
    let colors: Colors | null = null;
    const later = () => {
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        if (!canvas.current) return;
        colors ||= colorsOf(canvas.current); // only now has the page changed its colors, too
        scale.current = draw(canvas.current, colors, getState());
      });
    };
    later();
    const stop = subscribe(later);
    return () => {
      stop();
      cancelAnimationFrame(frame);
    };
  }, [getState, subscribe, resolvedColorMode]);

  useEffect(() => {
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      leave();
      zoomTo(getViewport().zoom * 2 ** (-event.deltaY * (event.deltaMode === 1 ? 0.05 : 0.002)));
    };
    const element = canvas.current;
    if (!element) return undefined;
    element.addEventListener("wheel", onWheel, { passive: false }); // React's own are passive: the page would scroll, too
    return () => element.removeEventListener("wheel", onWheel);
  }, [getViewport, leave, zoomTo]);

  const onPointerMove = ({ clientX, clientY }: PointerEvent) => {
    if (!dragged.current) return;
    leave();
    const { x, y, zoom } = getViewport();
    const step = zoom / scale.current;
    setViewport({ x: x - (clientX - dragged.current.x) * step, y: y - (clientY - dragged.current.y) * step, zoom });
    dragged.current = { x: clientX, y: clientY };
  };
  const onPointerDown = ({ clientX, clientY, pointerId, currentTarget }: PointerEvent) => {
    currentTarget.setPointerCapture(pointerId);
    dragged.current = { x: clientX, y: clientY };
  };
  return (
    <div className="editor-float editor-minimap">
      <canvas
        ref={canvas}
        role="img"
        aria-label="Minimap"
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onLostPointerCapture={() => {
          dragged.current = null;
        }}
      />
    </div>
  );
}
