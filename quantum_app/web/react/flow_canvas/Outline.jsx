// The flow as a list, in the order in which a call meets it: the same selection as the canvas, everything by keyboard.
import { memo, useEffect, useRef } from "react";
import { CircleAlert, CornerDownRight, Plus, StickyNote, TriangleAlert, Workflow } from "lucide-react";
import { exitLabel, exitsOf, inOrder, nodeOf, summary, titleOf } from "./definition.js";
import { useFlow, useFlowStore } from "./flow.js";
import { Tile, typeName } from "./icons.jsx";
import { Sentence, useLit } from "./nodes.jsx";
import { Rooms } from "./Palette.jsx";

export function Outline({ addType, addAfter, connectTo, empty }) {
  const definition = useFlow((state) => state.definition);
  const canWrite = useFlow((state) => state.canWrite);
  const element = useRef(null);
  const ordered = inOrder(definition);

  // Arrow keys go from node to node and exit to exit; Tab goes to the buttons.
  const onKeyDown = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !event.target.matches("[data-row]")) return;
    const rows = [...element.current.querySelectorAll("[data-row]")];
    rows[rows.indexOf(event.target) + step]?.focus();
    event.preventDefault();
  };

  return (
    <div ref={element} className="fl-outline" onKeyDown={onKeyDown} data-outline>
      <nav className="fl-rooms" aria-label="The flow"><Rooms /></nav>
      {ordered.length === 0 && empty}
      <ol>
        {ordered.map(({ node, reached }) => <Item key={node.id} id={node.id} reached={reached} addAfter={addAfter} connectTo={connectTo} />)}
        {definition.notes.map((note) => <Remark key={note.id} note={note} />)}
      </ol>
      {canWrite && <button type="button" className="qv-btn surface" onClick={addType}><Plus size={16} />Add a node</button>}
    </div>
  );
}

const Item = memo(function Item({ id, reached, addAfter, connectTo }) {
  const store = useFlowStore();
  const definition = useFlow((state) => state.definition);
  const selected = useFlow((state) => state.selected.includes(id));
  const canWrite = useFlow((state) => state.canWrite);
  const mark = useFlow(({ marks }) => marks[id]);
  const lit = useLit(id);
  const row = useRef(null);
  const node = nodeOf(definition, id);
  useEffect(() => {
    if (selected && document.activeElement === document.body) row.current?.focus();
    if (selected) row.current?.scrollIntoView({ block: "nearest" });
  }, [selected]);
  if (!node) return null;
  const exits = exitsOf(definition, id);
  const choose = (event) => {
    const { selected: others, select } = store.getState();
    if (event.shiftKey || event.metaKey || event.ctrlKey) select(others.includes(id) ? others.filter((other) => other !== id) : [...others, id]);
    else select([id]);
  };
  return (
    <li className={`${selected ? "sel" : ""} ${lit}`}>
      <div className="fl-outline-row">
        <button ref={row} type="button" data-row data-node={id} className="main" aria-pressed={selected} onClick={choose}>
          <Tile type={node.type} outcome={node.outcome} />
          <span className="qv-col qv-grow">
            <span className="qv-row"><b className="qv-clip">{titleOf(node)}</b><span className="qv-note">{typeName(node)}</span>{!reached && <span className="qv-badge amber">No way here</span>}</span>
            <span className="qv-note qv-clip"><Sentence parts={summary(definition, node)} /></span>
          </span>
          {mark === "error" && <CircleAlert size={16} className="red" aria-label="Has an error" />}
          {mark === "warning" && <TriangleAlert size={16} className="amber" aria-label="Has a warning" />}
        </button>
        {canWrite && node.type !== "end" && (
          <>
            <button type="button" className="qv-btn ghost icon" aria-label={`Add after ${titleOf(node)}…`} title="Add after… (A)" onClick={() => addAfter(id)}><Plus size={16} /></button>
            <button type="button" className="qv-btn ghost icon" aria-label={`Connect ${titleOf(node)} to…`} title="Connect to… (C)" onClick={() => connectTo(id)}><Workflow size={16} /></button>
          </>
        )}
      </div>
      <ul>{exits.map((edge) => <Way key={edge.id} edge={edge} sole={exits.length === 1} definition={definition} />)}</ul>
    </li>
  );
});

function Remark({ note }) {
  const store = useFlowStore();
  const selected = useFlow((state) => state.selected.includes(note.id));
  return (
    <li className={selected ? "sel" : ""}>
      <div className="fl-outline-row">
        <button type="button" data-row data-node={note.id} className="main" aria-pressed={selected} onClick={() => store.getState().select([note.id])}>
          <span className="fl-tile note"><StickyNote size={16} /></span>
          <span className="qv-col qv-grow"><b>Note</b><span className="qv-note qv-clip">{note.text || "Empty"}</span></span>
        </button>
      </div>
    </li>
  );
}

function Way({ edge, sole, definition }) {
  const store = useFlowStore();
  const selected = useFlow(({ selectedEdges }) => selectedEdges.includes(edge.id));
  const mark = useFlow(({ marks }) => marks[edge.id]);
  const target = nodeOf(definition, edge.target);
  return (
    <li>
      <button type="button" data-row data-edge={edge.id} className={`fl-way ${selected ? "sel" : ""} ${edge.condition.type === "fallback" ? "fall" : ""}`} aria-pressed={selected} onClick={() => store.getState().select([], [edge.id])}>
        <CornerDownRight size={14} />
        <span className="qv-clip">{exitLabel(edge, sole)}</span>
        <span className="qv-note qv-clip">{target ? titleOf(target) : "nowhere"}</span>
        {mark && <TriangleAlert size={14} className={mark === "error" ? "red" : "amber"} aria-label={`Has ${mark === "error" ? "an error" : "a warning"}`} />}
      </button>
    </li>
  );
}
