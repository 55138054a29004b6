// Which part of the flow is in view.
import { createContext, useContext, useEffect, useMemo, useRef, type RefObject } from "react";
import { useReactFlow, useStore as useCanvas, type FitViewOptions } from "@xyflow/react";
import type { FlowDefinition, Position } from "../model/flow.ts";
import { inflate, nodeBox } from "../model/geometry.ts";
import { firstView, intoView, type Area } from "../model/view.ts";
import { useFlow, useFlowStore } from "../state/context.ts";
import type { CanvasNode } from "./elements.ts";

const MARGIN = 16; // pixels around a node that is moved into view

export const animation = () => (window.matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 250);

const boxOf = (selector: string) => document.querySelector(selector)?.getBoundingClientRect();

// What floats above the canvas: palette, bars, and what is open beside it, unless that covers everything.
function coveredEdges() {
  const isPhone = window.innerWidth < 768;
  const canvas = boxOf(".editor-canvas");
  const palette = isPhone ? undefined : boxOf(".editor-palette");
  const panel = boxOf(".editor-panel, .editor-problems");
  const beside = canvas && panel && panel.left > canvas.left;
  return {
    top: 20,
    bottom: isPhone ? 136 : 66,
    left: canvas && palette ? palette.right - canvas.left + MARGIN : MARGIN,
    right: beside ? Math.max(24, canvas.right - panel.left + MARGIN) : 24,
  };
}

function freeArea(): Area {
  const { width = 0, height = 0 } = document.querySelector(".editor-canvas")?.getBoundingClientRect() ?? {};
  const { top, bottom, left, right } = coveredEdges();
  return { left, top, right: width - right, bottom: height - bottom };
}

function fitOptions(): FitViewOptions {
  const { top, bottom, left, right } = coveredEdges();
  return { padding: { top: `${top}px`, bottom: `${bottom}px`, left: `${left}px`, right: `${right}px` }, maxZoom: 1 };
}

function homeView({ nodes, notes, start: startId }: FlowDefinition) {
  const start = nodes.find(({ id }) => id === startId);
  const viewOf = (items: Position[]) => firstView(items.map(nodeBox), start && nodeBox(start), freeArea());
  const all = viewOf([...nodes, ...notes]);
  return all.whole ? all : viewOf(nodes);
}

/** Whether the whole flow was brought into view, and its author has neither moved the view nor the nodes since. */
export const FittedContext = createContext<RefObject<boolean>>({ current: false });

export function useViewing() {
  const isFitted = useContext(FittedContext);
  const store = useFlowStore();
  const { fitView, setViewport } = useReactFlow();
  return useMemo(
    () => ({
      /** All of the flow, however small. */
      fit: (duration = animation()) => {
        isFitted.current = true;
        fitView({ ...fitOptions(), duration });
      },
      /** The view in which a flow is opened. */
      home: (duration = animation()) => {
        const { view, whole } = homeView(store.getState().definition);
        isFitted.current = whole;
        setViewport(view, { duration });
      },
      /** The author has chosen what is in view. */
      leave: () => {
        isFitted.current = false;
      },
    }),
    [isFitted, fitView, setViewport, store],
  );
}

/** Keeps the whole flow in view where it was, when panels come and go or the canvas gets another size. isOpen: after the first view. */
export function useStaysFitted(isOpen: boolean) {
  const isFitted = useContext(FittedContext);
  const { fit, leave } = useViewing();
  const size = useCanvas(({ width, height }) => `${width} ${height}`);
  const nodes = useFlow(({ definition }) => definition.nodes);
  const places = useMemo(() => nodes.map(({ id, x, y }) => `${id} ${x} ${y}`).join(), [nodes]);
  useEffect(() => leave, [places, leave]); // as soon as they are others
  const area = useRef("");
  useEffect(() => {
    const stage = document.querySelector(".editor-stage");
    if (!isOpen || !stage) return undefined;
    const refit = () => {
      const before = area.current;
      area.current = JSON.stringify(freeArea());
      if (before && before !== area.current && isFitted.current) fit();
    };
    refit();
    const panels = new MutationObserver(refit);
    panels.observe(stage, { childList: true });
    return () => panels.disconnect();
  }, [isOpen, fit, isFitted, size]);
}

/** Moves a node or note into view, if it is not there; the zoom stays. */
export function useReveal() {
  const isFitted = useContext(FittedContext);
  const { getInternalNode, getViewport, setViewport } = useReactFlow();
  return (id: string) => {
    if (isFitted.current) return; // all of it is in view
    const node = getInternalNode(id);
    if (!node) return;
    const { positionAbsolute } = node.internals;
    const { width, height } = nodeBox(positionAbsolute);
    const box = { ...positionAbsolute, width, height: node.measured.height ?? height };
    const view = getViewport();
    const next = intoView(view, inflate(box, MARGIN / view.zoom), freeArea());
    if (next.x !== view.x || next.y !== view.y) setViewport(next, { duration: animation() });
  };
}

/** What is selected alone is never out of sight or below the panel, except while it is dragged. isOpen: after the first view. */
export function useSelectionInView(nodes: CanvasNode[], isOpen: boolean) {
  const reveal = useReveal();
  const only = useFlow(({ selected }) => (selected.length === 1 ? selected[0] : null));
  const width = useCanvas((state) => state.width);
  const isReady = isOpen && nodes.some(({ id, dragging }) => id === only && !dragging);
  useEffect(() => {
    if (only && isReady) reveal(only);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- not again when the view has next
  }, [only, isReady, width]);
}
