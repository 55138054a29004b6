// The canvas. While something is dragged it knows the places alone; the store hears of them when it is let go.
import {
  startTransition,
  useCallback,
  useContext,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  type DragEvent,
  type RefObject,
} from "react";
import {
  EdgeLabelRenderer,
  ReactFlow,
  SelectionMode,
  useConnection,
  useReactFlow,
  useStore as useCanvas,
  type SnapGrid,
} from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { ColorModeContext } from "$/utils/context";
import { NODE_HEIGHT, NODE_WIDTH, connectionError } from "../model/definition.ts";
import type { NodeType, Position } from "../model/flow.ts";
import { GRID, onGrid } from "../model/geometry.ts";
import { useFlow, useFlowStore } from "../state/context.ts";
import { Dots } from "./Dots.tsx";
import { NewLine, LabelsContext, edgeTypes } from "./edges.tsx";
import { useCanvasExits, useCanvasNodes, type CanvasNode } from "./elements.ts";
import { Minimap } from "./Minimap.tsx";
import { nodeTypes } from "./nodes.tsx";
import { useConnecting, useEdgeChanges, useNodeChanges } from "./useCanvasEvents.ts";
import { useSelectionInView, useStaysFitted, useViewing } from "./viewing.ts";

export const DRAGGED = "application/x-quantum-node";
const SNAP: SnapGrid = [GRID, GRID];
const FAR = 0.6; // zoom below which words are too small to read
const REST = 200; // milliseconds without a move after which the view is at rest
const LEGEND = { "controls.ariaLabel": "Canvas" };

interface CanvasProps {
  snap: boolean;
  onDropType: (type: NodeType | "note", place: Position) => void;
  /** An exit was let go over nothing. pointer: in the window. */
  onLoose: (source: string, place: Position, pointer: Position) => void;
}

export function Canvas({ snap, onDropType, onLoose }: CanvasProps) {
  const store = useFlowStore();
  const canWrite = useFlow((state) => state.canWrite);
  const { screenToFlowPosition } = useReactFlow();
  const { resolvedColorMode } = useContext(ColorModeContext);
  const [labels, setLabels] = useState<HTMLDivElement | null>(null);
  const [nodes, setNodes] = useCanvasNodes();
  const edges = useCanvasExits(nodes);
  const onNodesChange = useNodeChanges(setNodes);
  const onEdgesChange = useEdgeChanges();
  const connecting = useConnecting(onLoose);
  const element = useRef<HTMLDivElement>(null);
  const { distance, ...moving } = useView(element, nodes);

  const onDrop = (event: DragEvent) => {
    const type = event.dataTransfer.getData(DRAGGED);
    if (!type) return;
    event.preventDefault();
    const { x, y } = screenToFlowPosition({ x: event.clientX, y: event.clientY });
    const place = { x: x - NODE_WIDTH / 2, y: y - NODE_HEIGHT / 2 };
    onDropType(type as NodeType | "note", snap ? onGrid(place) : place);
  };

  return (
    <LabelsContext.Provider value={labels}>
      <ReactFlow
        ref={element}
        colorMode={resolvedColorMode === "dark" ? "dark" : "light"}
        className={distance}
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        connectionLineComponent={NewLine}
        onNodesChange={onNodesChange}
        onEdgesChange={onEdgesChange}
        {...connecting}
        {...moving}
        nodesDraggable={canWrite}
        nodesConnectable={canWrite}
        deleteKeyCode={null}
        connectionRadius={30}
        minZoom={0.1}
        maxZoom={1.6}
        onlyRenderVisibleElements={distance !== "zoomed-out"}
        snapToGrid={snap}
        snapGrid={SNAP}
        selectionMode={SelectionMode.Partial}
        multiSelectionKeyCode={["Shift", "Meta", "Control"]}
        panOnScroll
        elevateNodesOnSelect={false}
        ariaLabelConfig={LEGEND}
        proOptions={{ hideAttribution: true }}
        onDragOver={(event) => event.preventDefault()}
        onDrop={onDrop}
        onPaneClick={() => store.getState().open(null)}
      >
        <Dots />
        <Minimap />
        <EdgeLabelRenderer>
          <div ref={setLabels} />
        </EdgeLabelRenderer>
        <ConnectionRefusal />
      </ReactFlow>
    </LabelsContext.Provider>
  );
}

// What is in view: first, and when the author or a panel changes it.
function useView(element: RefObject<HTMLElement | null>, nodes: CanvasNode[]) {
  const { home, leave } = useViewing();
  const [distance, rest] = useDistance(element);
  const [isOpen, setOpen] = useState(false);
  useSelectionInView(nodes, isOpen);
  useStaysFitted(isOpen);
  const onInit = useCallback(() => {
    home(0);
    setOpen(true);
  }, [home]);
  const onMove = useCallback(
    (event: unknown) => {
      if (event) leave();
      rest(event);
    },
    [leave, rest],
  );
  return { distance, onInit, onMove, onNodeDragStart: leave };
}

type Distance = "" | "reduced" | "zoomed-out";
const distanceOf = (zoom: number): Distance => (zoom < FAR ? "zoomed-out" : zoom < 1 ? "reduced" : "");

// How far away the view is, and what is to be called when it moves. While somebody moves it, it is one
// picture that is moved (the style sheet says how). Where it comes to rest it is drawn anew: sharp, and with as many words
// as can be read there. From afar everything is on the page, so that nothing has to come or go with a move; near, only what
// is in sight.
function useDistance(element: RefObject<HTMLElement | null>): [Distance, (event: unknown) => void] {
  const { getZoom } = useReactFlow();
  const now = useCanvas(({ transform }) => distanceOf(transform[2]));
  const [distance, setDistance] = useState(now);
  const rest = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useLayoutEffect(() => {
    if (!element.current?.hasAttribute("data-moving")) setDistance(now);
  }, [element, now]);
  useEffect(() => () => clearTimeout(rest.current), []);
  const onMove = useCallback(
    (event: unknown) => {
      if (!event && !rest.current) return; // the first fit, before anybody has moved anything
      clearTimeout(rest.current);
      rest.current = setTimeout(() => {
        element.current?.toggleAttribute("data-moving", false);
        startTransition(() => setDistance(distanceOf(getZoom())));
      }, REST);
      element.current?.toggleAttribute("data-moving", true);
    },
    [element, getZoom],
  );
  return [distance, onMove];
}

// Why the exit that is being drawn cannot end where the pointer is.
function ConnectionRefusal() {
  const { getState } = useFlowStore();
  const reason = useConnection(({ inProgress, fromNode, toNode }) =>
    inProgress && toNode && toNode.id !== fromNode.id
      ? connectionError(getState().definition, fromNode.id, toNode.id)
      : "",
  );
  return <div role="status">{reason && <div className="editor-refusal">{reason}</div>}</div>;
}
