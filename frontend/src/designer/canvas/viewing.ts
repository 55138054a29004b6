// Which part of the flow is in view.
import { useEffect } from "react";
import { useReactFlow, useStore as useCanvas, type FitViewOptions } from "@xyflow/react";
import type { FlowDefinition } from "../model/flow.ts";
import { inflate, nodeBox } from "../model/geometry.ts";
import { firstView, intoView, type Area, type View } from "../model/view.ts";
import { useFlow } from "../state/context.ts";
import type { CanvasNode } from "./elements.ts";

const MARGIN = 16; // pixels around a node that is moved into view

export const animation = () => (window.matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 250);

// What floats above the canvas: palette, bars, and the panel unless it covers everything.
function coveredEdges() {
  const width = window.innerWidth;
  const canvas = document.querySelector(".editor-canvas")?.getBoundingClientRect();
  const panel = document.querySelector(".editor-panel")?.getBoundingClientRect();
  const beside = canvas && panel && panel.left > canvas.left;
  return {
    top: 24,
    bottom: width < 768 ? 136 : 84,
    left: width < 768 ? 16 : width < 1024 ? 84 : 190,
    right: beside ? Math.max(24, canvas.right - panel.left + 8) : 24,
  };
}

function freeArea(): Area {
  const { width = 0, height = 0 } = document.querySelector(".editor-canvas")?.getBoundingClientRect() ?? {};
  const { top, bottom, left, right } = coveredEdges();
  return { left, top, right: width - right, bottom: height - bottom };
}

/** All of the flow, however small. */
export function fitOptions(): FitViewOptions {
  const { top, bottom, left, right } = coveredEdges();
  return { padding: { top: `${top}px`, bottom: `${bottom}px`, left: `${left}px`, right: `${right}px` }, maxZoom: 1 };
}

/** The view in which a flow is opened. */
export function homeView({ definition }: { definition: FlowDefinition }): View {
  const start = definition.nodes.find(({ id }) => id === definition.start);
  return firstView(definition.nodes.map(nodeBox), start && nodeBox(start), freeArea());
}

/** Moves a node or note into view, if it is not there; the zoom stays. */
export function useReveal() {
  const { getInternalNode, getViewport, setViewport } = useReactFlow();
  return (id: string) => {
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
