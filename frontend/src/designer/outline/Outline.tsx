// The flow as a list, in the order in which a call meets it: the same selection as the canvas, everything by keyboard.
import { memo, useEffect, useMemo, useRef, type KeyboardEvent, type MouseEvent, type ReactNode } from "react";
import { CircleAlert, CornerDownRight, Plus, StickyNote, TriangleAlert, Workflow } from "lucide-react";
import { same } from "../model/change.ts";
import { exitLabel, inOrder, summary, titleOf, type OutlineEntry } from "../model/definition.ts";
import { useFlow, useFlowStore } from "../state/context.ts";
import { Tile, typeName, outcomeOf } from "../canvas/icons.tsx";
import { Sentence, useHighlight } from "../canvas/nodes.tsx";
import { Sections } from "../canvas/Palette.tsx";
import type { Edge, Note } from "../model/flow.ts";
import type { Commands } from "../commands.ts";

interface OutlineProps {
  commands: Pick<Commands, "add" | "addAfter" | "connectTo">;
  empty: ReactNode;
}

export function Outline({ commands, empty }: OutlineProps) {
  const { add, addAfter, connectTo } = commands;
  const definition = useFlow((state) => state.definition);
  const canWrite = useFlow((state) => state.canWrite);
  const element = useRef<HTMLDivElement>(null);
  const ordered = useMemo(() => inOrder(definition), [definition]);

  // Arrow keys go from node to node and exit to exit; Tab goes to the buttons.
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const { target } = event;
    if (!step || !(target instanceof HTMLElement) || !target.matches("[data-row]")) return;
    const rows = [...(element.current?.querySelectorAll<HTMLElement>("[data-row]") ?? [])];
    rows[rows.indexOf(target) + step]?.focus();
    event.preventDefault();
  };

  return (
    <div ref={element} className="editor-outline" onKeyDown={onKeyDown} data-outline>
      <nav className="editor-rooms" aria-label="Flow">
        <Sections />
      </nav>
      {ordered.length === 0 && empty}
      <ol>
        {ordered.map(({ node, exits, targets, reached }) => (
          <Item
            key={node.id}
            node={node}
            exits={exits}
            targets={targets}
            reached={reached}
            addAfter={addAfter}
            connectTo={connectTo}
          />
        ))}
        {definition.notes.map((note) => (
          <NoteItem key={note.id} note={note} />
        ))}
      </ol>
      {canWrite && (
        <button type="button" className="ui-button surface" onClick={add}>
          <Plus size={16} />
          Add node
        </button>
      )}
    </div>
  );
}

// Only what has changed of a node is drawn anew; what the handlers do is the same each time.
interface ItemProps extends OutlineEntry {
  addAfter: (source: string) => void;
  connectTo: (source: string) => void;
}
const unchanged = (before: ItemProps, after: ItemProps) =>
  before.node === after.node &&
  before.reached === after.reached &&
  same(before.targets, after.targets) &&
  before.exits.length === after.exits.length &&
  before.exits.every((edge, index) => edge === after.exits[index]);

const Item = memo(function Item({ node, exits, targets, reached, addAfter, connectTo }: ItemProps) {
  const { id } = node;
  const store = useFlowStore();
  const selected = useFlow((state) => state.selected.includes(id));
  const canWrite = useFlow((state) => state.canWrite);
  const mark = useFlow(({ marks }) => marks[id]);
  const words = useFlow(({ definition }) => JSON.stringify(summary(definition, node)));
  const highlight = useHighlight(id);
  const row = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (selected && document.activeElement === document.body) row.current?.focus();
    if (selected) row.current?.scrollIntoView({ block: "nearest" });
  }, [selected]);
  const choose = (event: MouseEvent) => {
    const { selected: others, select } = store.getState();
    if (event.shiftKey || event.metaKey || event.ctrlKey)
      select(others.includes(id) ? others.filter((other) => other !== id) : [...others, id]);
    else select([id]);
  };
  return (
    <li className={`${selected ? "sel" : ""} ${highlight}`}>
      <div className="editor-outline-row">
        <button
          ref={row}
          type="button"
          data-row
          data-node={id}
          className="main"
          aria-pressed={selected}
          onClick={choose}
        >
          <Tile type={node.type} outcome={outcomeOf(node)} />
          <span className="ui-column ui-grow">
            <span className="ui-row">
              <b className="ui-clip">{titleOf(node)}</b>
              <span className="ui-note">{typeName(node)}</span>
              {!reached && <span className="ui-badge amber">Unreachable</span>}
            </span>
            <span className="ui-note ui-clip">
              <Sentence parts={JSON.parse(words)} />
            </span>
          </span>
          {mark === "error" && <CircleAlert size={16} className="red" aria-label="Has an error" />}
          {mark === "warning" && <TriangleAlert size={16} className="amber" aria-label="Has a warning" />}
        </button>
        {canWrite && node.type !== "end" && (
          <>
            <button
              type="button"
              className="ui-button ghost icon"
              aria-label={`Add node after ${titleOf(node)}…`}
              title="Add next node… (A)"
              onClick={() => addAfter(id)}
            >
              <Plus size={16} />
            </button>
            <button
              type="button"
              className="ui-button ghost icon"
              aria-label={`Connect ${titleOf(node)} to…`}
              title="Connect to… (C)"
              onClick={() => connectTo(id)}
            >
              <Workflow size={16} />
            </button>
          </>
        )}
      </div>
      <ul>
        {exits.map((edge, index) => (
          <ExitItem key={edge.id} edge={edge} from={titleOf(node)} target={targets[index]} sole={exits.length === 1} />
        ))}
      </ul>
    </li>
  );
}, unchanged);

function NoteItem({ note }: { note: Note }) {
  const store = useFlowStore();
  const selected = useFlow((state) => state.selected.includes(note.id));
  return (
    <li className={selected ? "sel" : ""}>
      <div className="editor-outline-row">
        <button
          type="button"
          data-row
          data-node={note.id}
          className="main"
          aria-pressed={selected}
          onClick={() => store.getState().select([note.id])}
        >
          <span className="editor-tile note">
            <StickyNote size={16} />
          </span>
          <span className="ui-column ui-grow">
            <b>Note</b>
            <span className="ui-note ui-clip">{note.text || "Empty"}</span>
          </span>
        </button>
      </div>
    </li>
  );
}

interface ExitItemProps {
  edge: Edge;
  from: string;
  target: string;
  sole: boolean;
}

function ExitItem({ edge, from, target, sole }: ExitItemProps) {
  const store = useFlowStore();
  const selected = useFlow(({ selectedEdges }) => selectedEdges.includes(edge.id));
  const mark = useFlow(({ marks }) => marks[edge.id]);
  return (
    <li>
      <button
        type="button"
        data-row
        data-edge={edge.id}
        className={`editor-way ${selected ? "sel" : ""} ${edge.condition.type === "fallback" ? "fall" : ""}`}
        aria-pressed={selected}
        onClick={() => store.getState().select([], [edge.id])}
      >
        <CornerDownRight size={14} />
        <span className="ui-screen-reader">Exit of {from}:</span>
        <span className="ui-clip">{exitLabel(edge, sole)}</span>
        <span className="ui-screen-reader">leads to</span>
        <span className="ui-note ui-clip">{target}</span>
        {mark && (
          <TriangleAlert
            size={14}
            className={mark === "error" ? "red" : "amber"}
            aria-label={`Has ${mark === "error" ? "an error" : "a warning"}`}
          />
        )}
      </button>
    </li>
  );
}
