// The canvas. While something is dragged it knows the places alone; the store hears of them when it is let go.
import { startTransition, useCallback, useContext, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import {
  EdgeLabelRenderer,
  ReactFlow,
  SelectionMode,
  applyNodeChanges,
  useConnection,
  useReactFlow,
  useStore as useCanvas,
} from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { ColorModeContext } from "$/utils/context";
import { same } from "../model/change.ts";
import { NODE_HEIGHT, NODE_WIDTH, barrier, exitLabel, titleOf } from "../model/definition.ts";
import { Dots } from "./Dots.tsx";
import { Drawn, LabelsContext, edgeTypes } from "./edges.tsx";
import * as edits from "../model/edits.ts";
import { useFlow, useFlowStore } from "../state/context.ts";
import { typeName } from "./icons.tsx";
import { ports } from "../model/layout.ts";
import { Minimap } from "./Minimap.tsx";
import { nodeTypes } from "./nodes.tsx";

export const DRAGGED = "application/x-quantum-node";
const SNAP = [20, 20];
const FAR = 0.45; // zoom below which words are too small to read
const REST = 200; // milliseconds without a move after which the view is at rest
const LEGEND = { "controls.ariaLabel": "Canvas" };

// Beside what floats above the canvas: palette, bars, and the panel where there is room for both.
export function fitOptions() {
  const width = window.innerWidth;
  const padding = {
    top: "24px",
    bottom: width < 768 ? "136px" : "84px",
    left: width < 768 ? "16px" : width < 1024 ? "84px" : "190px",
    right: "24px",
  };
  if (width >= 1024 && document.querySelector("[data-panel]")) padding.right = "324px";
  return { padding, maxZoom: 1 };
}

function nodeOf(item, kind, selected, before) {
  const isSelected = selected.has(item.id);
  const inPlace = before && before.position.x === item.x && before.position.y === item.y;
  if (before && before.data.node === item && before.selected === isSelected && inPlace) return before;
  return {
    ...before,
    id: item.id,
    type: kind,
    position: inPlace ? before.position : { x: item.x, y: item.y },
    data: { node: item },
    selected: isSelected,
    ariaLabel: kind === "note" ? `Note: ${item.text || "empty"}` : `${titleOf(item)}, ${typeName(item)}`,
    ...(kind === "flow" ? { initialWidth: NODE_WIDTH, initialHeight: NODE_HEIGHT } : {}),
  };
}

export function Canvas({ snap, onDropType, onLoose }) {
  const store = useFlowStore();
  const definition = useFlow((state) => state.definition);
  const selected = useFlow((state) => state.selected);
  const selectedEdges = useFlow((state) => state.selectedEdges);
  const canWrite = useFlow((state) => state.canWrite);
  const { getZoom, screenToFlowPosition } = useReactFlow();
  const { resolvedColorMode } = useContext(ColorModeContext);
  const [nodes, setNodes] = useState([]);
  const [labels, setLabels] = useState(null);

  useEffect(() => {
    setNodes((before) => {
      const known = new Map(before.map((node) => [node.id, node]));
      const chosen = new Set(selected);
      return [
        ...definition.notes.map((note) => nodeOf(note, "note", chosen, known.get(note.id))),
        ...definition.nodes.map((node) => nodeOf(node, "flow", chosen, known.get(node.id))),
      ];
    });
  }, [definition, selected]);

  const edges = useEdges(definition, selectedEdges);

  const onNodesChange = useCallback(
    (changes) => {
      const places = {};
      const state = store.getState();
      let chosen = null;
      for (const change of changes) {
        if (change.type === "position") {
          if (!change.dragging && change.position) places[change.id] = change.position;
        } else if (change.type === "select") {
          chosen = chosen || new Set(state.selected);
          chosen[change.selected ? "add" : "delete"](change.id);
        }
      }
      setNodes((before) =>
        applyNodeChanges(
          changes.filter(({ type }) => type !== "remove"),
          before,
        ),
      );
      if (chosen) state.select([...chosen], state.selectedEdges);
      // Arrow keys come here too: in a row they are one step.
      if (Object.keys(places).length)
        state.edit((now) => edits.move(now, places), { as: `move ${Object.keys(places).sort()}` });
    },
    [store],
  );

  const onEdgesChange = useCallback(
    (changes) => {
      const state = store.getState();
      const chosen = new Set(state.selectedEdges);
      changes.forEach((change) => change.type === "select" && chosen[change.selected ? "add" : "delete"](change.id));
      state.select(state.selected, [...chosen]);
    },
    [store],
  );

  const isValidConnection = useCallback(
    ({ source, target }) => !barrier(store.getState().definition, source, target),
    [store],
  );

  const onConnect = useCallback(
    ({ source, target }) => {
      const [now, id] = edits.connect(store.getState().definition, source, target);
      store.getState().edit(() => now);
      store.getState().select([], [id]);
    },
    [store],
  );

  const onConnectEnd = useCallback(
    (event, connection) => {
      const { clientX: x, clientY: y } = "changedTouches" in event ? event.changedTouches[0] : event;
      if (!connection.toNode && connection.fromNode && connection.fromHandle?.type === "source") {
        const place = screenToFlowPosition({ x, y });
        onLoose(connection.fromNode.id, { x: place.x - NODE_WIDTH / 2, y: place.y });
      }
    },
    [onLoose, screenToFlowPosition],
  );

  const onDrop = (event) => {
    const type = event.dataTransfer.getData(DRAGGED);
    if (!type) return;
    event.preventDefault();
    const { x, y } = screenToFlowPosition({ x: event.clientX, y: event.clientY });
    onDropType(type, { x: x - NODE_WIDTH / 2, y: y - NODE_HEIGHT / 2 });
  };

  const element = useRef(null);
  const [far, onMove] = useDistance(element, getZoom);

  return (
    <LabelsContext.Provider value={labels}>
      <ReactFlow
        ref={element}
        colorMode={resolvedColorMode === "dark" ? "dark" : "light"}
        className={far ? "fl-far" : ""}
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        connectionLineComponent={Drawn}
        onNodesChange={onNodesChange}
        onEdgesChange={onEdgesChange}
        onConnect={onConnect}
        onConnectEnd={onConnectEnd}
        isValidConnection={isValidConnection}
        onMove={onMove}
        nodesDraggable={canWrite}
        nodesConnectable={canWrite}
        deleteKeyCode={null}
        connectionRadius={30}
        minZoom={0.1}
        maxZoom={1.6}
        fitView
        fitViewOptions={fitOptions()}
        onlyRenderVisibleElements={!far}
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
        <Refusal />
      </ReactFlow>
    </LabelsContext.Provider>
  );
}

// Whether the view is far, and what is to be called when it moves. While somebody moves it, it is one picture that is moved
// (designer.css). Where it comes to rest it is drawn anew: sharp, and with as many words as can be read there. From afar
// everything is on the page, so that nothing has to come or go with a move; near, only what is in sight.
function useDistance(element, getZoom) {
  const now = useCanvas(({ transform }) => transform[2] < FAR);
  const [far, setFar] = useState(now);
  const rest = useRef(0);
  useLayoutEffect(() => {
    if (!element.current.hasAttribute("data-moving")) setFar(now);
  }, [element, now]);
  useEffect(() => () => clearTimeout(rest.current), []);
  const onMove = useCallback(
    (event) => {
      if (!event && !rest.current) return; // the first fit, before anybody has moved anything
      clearTimeout(rest.current);
      rest.current = setTimeout(() => {
        element.current.toggleAttribute("data-moving", false);
        startTransition(() => setFar(getZoom() < FAR));
      }, REST);
      element.current.toggleAttribute("data-moving", true);
    },
    [element, getZoom],
  );
  return [far, onMove];
}

// Why the exit that is being drawn cannot end where the pointer is.
function Refusal() {
  const { getState } = useFlowStore();
  const why = useConnection(({ inProgress, fromNode, toNode }) =>
    inProgress && toNode && toNode.id !== fromNode.id ? barrier(getState().definition, fromNode.id, toNode.id) : "",
  );
  return <div role="status">{why && <div className="fl-refusal">{why}</div>}</div>;
}

function useEdges(definition, selectedEdges) {
  const known = useRef(new Map());
  return useMemo(() => {
    const at = ports(definition);
    const chosen = new Set(selectedEdges);
    const exits = {};
    definition.edges.forEach(({ source }) => {
      exits[source] = (exits[source] || 0) + 1;
    });
    const fresh = definition.edges
      .filter(({ id }) => at.has(id))
      .map((edge) => {
        const port = at.get(edge.id);
        const before = known.current.get(edge.id);
        const selected = chosen.has(edge.id);
        const sole = exits[edge.source] === 1;
        const unmoved = before && same(before.data.port, port);
        if (unmoved && before.data.edge === edge && before.data.sole === sole && before.selected === selected)
          return before;
        return {
          id: edge.id,
          source: edge.source,
          target: edge.target,
          type: "exit",
          data: { edge, port, sole },
          selected,
          ariaLabel: `Exit: ${exitLabel(edge, sole)}`,
        };
      });
    known.current = new Map(fresh.map((edge) => [edge.id, edge]));
    return fresh;
  }, [definition, selectedEdges]);
}
