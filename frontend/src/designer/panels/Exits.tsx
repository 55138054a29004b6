// The ways out of a node, in the order in which they are tried.
import { useEffect, useRef, useState } from "react";
import { ChevronDown, ChevronUp, CornerDownRight, GripVertical, Plus, Trash2 } from "lucide-react";
import { ConditionField } from "./Condition.tsx";
import { connectionError, exitLabel, exitsOf, nodeOf, titleOf } from "../model/definition.ts";
import { catalog } from "../../generated/catalog.ts";
import * as edits from "../model/edits.ts";
import { EditorFields } from "./EditorFields.tsx";
import { Choose } from "./fields.tsx";
import { useFlow, useFlowStore } from "../state/context.ts";
import { FlowField, Scope, useProblem } from "./FlowField.tsx";
import type { Edge, EdgeCondition, FlowDefinition } from "../model/flow.ts";

const KINDS: EdgeCondition["type"][] = ["expression", "intent", "fallback"];

export function Exits({ source, onConnect }: { source: string; onConnect: () => void }) {
  const store = useFlowStore();
  const definition = useFlow((state) => state.definition);
  const canWrite = useFlow((state) => state.canWrite);
  const openId = useFlow(({ selectedEdges }) => (selectedEdges.length === 1 ? selectedEdges[0] : null));
  const [draggedId, setDraggedId] = useState<string | null>(null);
  const exits = exitsOf(definition, source);
  const edit = store.getState().edit;
  const toggle = (id: string) =>
    openId === id ? store.getState().select([source]) : store.getState().select([], [id]);
  const drop = (id: string) => {
    if (!draggedId) return;
    const ids = exits.map((edge) => edge.id).filter((other) => other !== draggedId);
    ids.splice(
      exits.findIndex((edge) => edge.id === id),
      0,
      draggedId,
    );
    if (draggedId !== id) edit((now) => edits.orderExits(now, source, ids));
    setDraggedId(null);
  };

  return (
    <FlowField
      label="Exits (first match wins)"
      field="exits"
      group
      aside={
        canWrite && (
          <button type="button" className="ui-button ghost editor-small" onClick={onConnect}>
            <Plus size={14} />
            Exit
          </button>
        )
      }
    >
      {() => (
        <>
          {exits.length === 0 && (
            <p className="ui-note">
              No exits yet, so calls would get stuck here. Drag from the dot below the node, or add one.
            </p>
          )}
          <WhenTried source={source} />
          <ol className="editor-exits">
            {exits.map((edge, index) => (
              <li
                key={edge.id}
                className={draggedId === edge.id ? "held" : ""}
                draggable={canWrite && edge.condition.type !== "fallback" && openId !== edge.id}
                onDragStart={() => setDraggedId(edge.id)}
                onDragEnd={() => setDraggedId(null)}
                onDragOver={(event) => draggedId && edge.condition.type !== "fallback" && event.preventDefault()}
                onDrop={() => drop(edge.id)}
              >
                <Scope.Provider value={{ edge: edge.id }}>
                  <Row
                    edge={edge}
                    open={openId === edge.id}
                    toggle={() => toggle(edge.id)}
                    definition={definition}
                    shift={(by) => edit((now) => edits.shiftExit(now, edge.id, by))}
                    sole={exits.length === 1}
                    first={index === 0}
                    last={index === exits.length - 1 || exits[index + 1].condition.type === "fallback"}
                  />
                </Scope.Provider>
              </li>
            ))}
          </ol>
        </>
      )}
    </FlowField>
  );
}

// A node that asks checks conditions only at its end, while an intent interrupts the questions.
function WhenTried({ source }: { source: string }) {
  const definition = useFlow((state) => state.definition);
  const type = nodeOf(definition, source)?.type;
  const kinds = new Set(exitsOf(definition, source).map(({ condition }) => condition.type));
  if ((type !== "lead_gate" && type !== "clarify") || !kinds.has("expression") || !kinds.has("intent")) return null;
  return <p className="ui-note">Conditions are checked after all questions. Intents apply right away.</p>;
}

interface RowProps {
  edge: Edge;
  open: boolean;
  toggle: () => void;
  definition: FlowDefinition;
  shift: (by: number) => void;
  sole: boolean;
  first: boolean;
  last: boolean;
}

function Row({ edge, open, toggle, definition, shift, sole, first, last }: RowProps) {
  const store = useFlowStore();
  const canWrite = useFlow((state) => state.canWrite);
  const mark = useFlow(({ marks }) => marks[edge.id]);
  const broken = useProblem("target");
  const row = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (open) row.current?.scrollIntoView({ block: "nearest" });
  }, [open]);
  const fallback = edge.condition.type === "fallback";
  const target = nodeOf(definition, edge.target);
  const edit = store.getState().edit;
  const set = (patch: Partial<Edge>) => edit((now) => edits.setEdge(now, edge.id, patch));
  const targets = definition.nodes
    .filter((node) => node.id === edge.target || !connectionError(definition, edge.source, node.id))
    .map((node): [string, string] => [node.id, titleOf(node)]);
  return (
    <>
      <button
        ref={row}
        type="button"
        className={`editor-exit ${open ? "open" : ""} ${mark || ""}`}
        aria-expanded={open}
        onClick={toggle}
      >
        {fallback ? <CornerDownRight size={14} /> : <GripVertical size={14} />}
        <span className="ui-clip">{exitLabel(edge, sole)}</span>
        <span className="ui-note ui-clip">{target ? titleOf(target) : "nowhere"}</span>
      </button>
      {open && (
        <div className="editor-exit-in" data-edge={edge.id}>
          <ConditionField
            value={edge.condition}
            kinds={KINDS}
            field="condition"
            set={(condition) => edit((now) => edits.setCondition(now, edge.id, condition))}
          />
          <Choose
            label="Goes to"
            field={broken ? "target" : undefined}
            value={edge.target}
            options={targets}
            set={(to) => set({ target: to })}
          />
          <EditorFields fields={catalog.edge.fields} item={edge} set={set} />
          {canWrite && <ExitTools edge={edge} earlier={!fallback && !first} later={!fallback && !last} shift={shift} />}
        </div>
      )}
    </>
  );
}

interface ExitToolsProps {
  edge: Edge;
  earlier: boolean;
  later: boolean;
  shift: (by: number) => void;
}

function ExitTools({ edge, earlier, later, shift }: ExitToolsProps) {
  const store = useFlowStore();
  return (
    <div className="ui-row">
      <button
        type="button"
        className="ui-button ghost icon editor-small"
        aria-label="Try earlier"
        title="Try earlier"
        disabled={!earlier}
        onClick={() => shift(-1)}
      >
        <ChevronUp size={16} />
      </button>
      <button
        type="button"
        className="ui-button ghost icon editor-small"
        aria-label="Try later"
        title="Try later"
        disabled={!later}
        onClick={() => shift(1)}
      >
        <ChevronDown size={16} />
      </button>
      <button
        type="button"
        className="ui-button ghost editor-small red-text"
        onClick={() => store.getState().edit((now) => edits.remove(now, [], [edge.id]))}
      >
        <Trash2 size={14} />
        Delete exit
      </button>
    </div>
  );
}
