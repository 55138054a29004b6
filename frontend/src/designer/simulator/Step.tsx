// One step of the conversation: what was said or happened, and what the flow made of it.
import { useState, type FormEvent, type KeyboardEvent, type ReactNode } from "react";
import { Mic, Pencil } from "lucide-react";
import type { EngineAction } from "../../api/schema.ts";
import type { EndReason } from "../../generated/api.ts";
import { catalog } from "../../generated/catalog.ts";
import { NodeIcon, outcomeOf } from "../canvas/icons.tsx";
import { TOOLS, exitLabel, exitsOf, nodeName, nodeOf } from "../model/definition.ts";
import type { FlowDefinition, Tool } from "../model/flow.ts";
import { Reasons } from "./Reasons.tsx";
import { EVENTS, valueText, type SimulationStep } from "./simulation.ts";
import type { Simulation } from "./useSimulation.ts";

interface StepProps {
  step: SimulationStep;
  index: number;
  definition: FlowDefinition;
  call: Simulation;
}

export function Step({ step, index, definition, call }: StepProps) {
  const { turn, result } = step;
  const [editing, setEditing] = useState<string | null>(null);
  return (
    <>
      {turn?.says && editing === null && (
        <div className="simulator-mine">
          <button
            type="button"
            className="ui-button ghost icon editor-tiny"
            aria-label={`Edit “${turn.says}”`}
            title="Edit message"
            disabled={Boolean(call.waiting)}
            onClick={() => setEditing(turn.says ?? "")}
          >
            <Pencil size={12} />
          </button>
          <div className="simulator-bubble me">
            <span className="ui-screen-reader">Caller: </span>
            {turn.says}
            {turn.spoken && (
              <span className="simulator-spoken">
                <Mic size={12} />
                spoken
              </span>
            )}
          </div>
        </div>
      )}
      {editing !== null && (
        <EditTurn
          text={editing}
          set={setEditing}
          send={(text) => {
            if (text) call.resend(index, text);
            setEditing(null);
          }}
        />
      )}
      {turn?.happens && <div className="simulator-at happened">{EVENTS[turn.happens].label}</div>}
      {result.actions.map((action, place) =>
        action.type === "enter" ? (
          <Arrival key={place} action={action} definition={definition} />
        ) : (
          <Action key={place} action={action} definition={definition} />
        ),
      )}
      <Reasons result={result} />
    </>
  );
}

interface EditTurnProps {
  text: string;
  set: (text: string | null) => void;
  send: (text: string) => void;
}

function EditTurn({ text, set, send }: EditTurnProps) {
  const submit = (event: FormEvent | KeyboardEvent) => {
    event.preventDefault();
    send(text.trim());
  };
  return (
    <form className="simulator-edit" onSubmit={submit}>
      <div className="ui-input area">
        <textarea
          rows={2}
          maxLength={1000}
          value={text}
          aria-label="Edited message"
          autoFocus
          onChange={(event) => set(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && !event.shiftKey) submit(event);
            if (event.key === "Escape") set(null);
          }}
        />
      </div>
      <div className="ui-row">
        <span className="ui-note ui-grow">Everything after it will be replayed.</span>
        <button type="button" className="ui-button ghost editor-small" onClick={() => set(null)}>
          Cancel
        </button>
        <button type="submit" className="ui-button soft editor-small">
          Send
        </button>
      </div>
    </form>
  );
}

function Arrival({ action, definition }: { action: EngineAction; definition: FlowDefinition }) {
  const node = nodeOf(definition, action.to);
  const edge = definition.edges.find(({ id }) => id === action.edge);
  return (
    <div className="simulator-at">
      {node && <NodeIcon type={node.type} outcome={outcomeOf(node)} size={12} />}
      <span className="ui-clip">{nodeName(definition, action.to)}</span>
      {edge && <span className="end ui-clip">{exitLabel(edge, exitsOf(definition, edge.source).length === 1)}</span>}
    </div>
  );
}

// What an intent or a score rule is called.
function nameOf(id: string, definition: FlowDefinition) {
  const edge = definition.edges.find((one) => one.id === id);
  return edge ? exitLabel(edge) : definition.rules.scores.find((rule) => rule.id === id)?.reason || id;
}

// What was decided, in a line.
function decision(action: EngineAction, definition: FlowDefinition): ReactNode {
  switch (action.type) {
    case "classify": {
      const options = [...(action.options ?? []), ...(action.signals ?? [])];
      if (options.length !== 1) return `Checking ${options.length} intents`;
      return `Does “${nameOf(options[0].id, definition)}” match?`;
    }
    case "extract":
      return `Listens for ${(action.variables ?? []).join(", ")}`;
    case "answer":
      return action.speech ? null : "No answer found";
    case "web_search":
      return "Searches the web";
    case "use_tool":
      return `Uses “${TOOLS[action.tool as Tool] || action.tool}”`;
    case "collect":
      return (
        <>
          Sets <b>{action.variable}</b>: {action.value == null ? "cleared" : valueText(action.value)}
        </>
      );
    case "score":
      return (
        <>
          <b>{(action.points ?? 0) > 0 ? `+${action.points}` : action.points}</b> {action.reason}
        </>
      );
    case "hand_off":
      return `Hands off to a person: ${action.reason}`;
    case "end_call":
      return `The call ends ${catalog.endReasons[action.reason as EndReason].simulator}`;
    default:
      return null;
  }
}

function Action({ action, definition }: { action: EngineAction; definition: FlowDefinition }) {
  const words = decision(action, definition);
  return (
    <>
      {action.speech && (
        <div className="simulator-bubble ai">
          <span className="ui-screen-reader">Assistant: </span>
          {action.speech}
        </div>
      )}
      {words && <div className={`simulator-did ${action.type}`}>{words}</div>}
    </>
  );
}
