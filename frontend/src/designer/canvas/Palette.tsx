// What a flow is made of: nodes to click or drag, and the rooms of the flow itself.
import { BookOpen, Braces, LayoutTemplate, Scale, StickyNote, UserRound } from "lucide-react";
import { DRAGGED } from "./Canvas.tsx";
import { TYPES } from "../model/definition.ts";
import { useFlow, useFlowStore } from "../state/context.ts";
import { NodeIcon } from "./icons.tsx";

const ICONS = { variables: Braces, knowledge: BookOpen, rules: Scale, assistant: UserRound };
const NAMES = { variables: "Variables", knowledge: "Knowledge", rules: "Rules", assistant: "Assistant" };

export function Rooms() {
  const store = useFlowStore();
  const room = useFlow((state) => state.room);
  const counts = useFlow(({ definition }) => `${definition.variables.length} ${definition.knowledge.length}`).split(
    " ",
  );
  const count = { variables: counts[0], knowledge: counts[1] };
  return (
    <ul>
      {Object.entries(NAMES).map(([key, name]) => {
        const Icon = ICONS[key];
        return (
          <li key={key}>
            <button
              type="button"
              title={name}
              className={room === key ? "on" : ""}
              aria-pressed={room === key}
              onClick={() => store.getState().open(room === key ? null : key)}
            >
              <Icon size={16} />
              <span className="tx">{name}</span>
              {count[key] > 0 && <span className="qv-note count">{count[key]}</span>}
            </button>
          </li>
        );
      })}
    </ul>
  );
}

export function Palette({ addType, addNote, chooseTemplate }) {
  const canWrite = useFlow((state) => state.canWrite);
  const hasStart = useFlow(({ definition }) => definition.nodes.some(({ type }) => type === "start"));
  return (
    <aside className="fl-float fl-pal" aria-label="Add and set up">
      {canWrite && (
        <>
          <div className="lbl">Drag, or press N</div>
          <ul>
            {Object.entries(TYPES).map(([type, { name, says, hint }]) => {
              const off = type === "start" && hasStart;
              return (
                <li key={type} className={says ? "say" : ""}>
                  <button
                    type="button"
                    disabled={off}
                    title={off ? "A flow has one start" : `${name}: ${hint.toLowerCase()}`}
                    draggable={!off}
                    onClick={() => addType(type)}
                    onDragStart={(event) => {
                      event.dataTransfer.setData(DRAGGED, type);
                      event.dataTransfer.effectAllowed = "copy";
                    }}
                  >
                    <NodeIcon type={type} />
                    <span className="tx">{name}</span>
                  </button>
                </li>
              );
            })}
            <li>
              <button type="button" title="A remark that no call sees" onClick={addNote}>
                <StickyNote size={16} />
                <span className="tx">Note</span>
              </button>
            </li>
          </ul>
          <hr />
        </>
      )}
      <div className="lbl">The flow</div>
      <Rooms />
      {canWrite && (
        <>
          <hr />
          <ul>
            <li>
              <button type="button" title="Templates" onClick={chooseTemplate}>
                <LayoutTemplate size={16} />
                <span className="tx">Templates</span>
              </button>
            </li>
          </ul>
        </>
      )}
    </aside>
  );
}
