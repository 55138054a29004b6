// What a flow is made of: nodes to click or drag, and the sections of the flow itself.
import type { DragEvent } from "react";
import { BookOpen, Braces, LayoutTemplate, Scale, StickyNote, UserRound, type LucideIcon } from "lucide-react";
import { DRAGGED } from "./Canvas.tsx";
import { TYPES } from "../model/definition.ts";
import { useFlow, useFlowStore } from "../state/context.ts";
import type { Section } from "../state/store.ts";
import { NodeIcon } from "./icons.tsx";
import type { NodeType } from "../model/flow.ts";

const ICONS: Record<Section, LucideIcon> = {
  variables: Braces,
  knowledge: BookOpen,
  rules: Scale,
  assistant: UserRound,
};
const NAMES: Record<Section, string> = {
  variables: "Variables",
  knowledge: "Knowledge",
  rules: "Rules",
  assistant: "Assistant",
};

/** The sections of the flow itself. */
export function Sections() {
  const store = useFlowStore();
  const open = useFlow((state) => state.openSection);
  const variables = useFlow(({ definition }) => definition.variables.length);
  const knowledge = useFlow(({ definition }) => definition.knowledge.length);
  const counts: Partial<Record<Section, number>> = { variables, knowledge };
  return (
    <ul>
      {(Object.keys(NAMES) as Section[]).map((key) => {
        const Icon = ICONS[key];
        return (
          <li key={key}>
            <button
              type="button"
              title={NAMES[key]}
              className={open === key ? "on" : ""}
              aria-pressed={open === key}
              onClick={() => store.getState().open(open === key ? null : key)}
            >
              <Icon size={16} />
              <span className="tx">{NAMES[key]}</span>
              {Boolean(counts[key]) && <span className="ui-note count">{counts[key]}</span>}
            </button>
          </li>
        );
      })}
    </ul>
  );
}

// After a drop that misses, the button has no focus, or Space would add a node elsewhere.
const dragging = (type: NodeType | "note") => ({
  onDragStart: ({ dataTransfer }: DragEvent) => {
    dataTransfer.setData(DRAGGED, type);
    dataTransfer.effectAllowed = "copy";
  },
  onDragEnd: ({ currentTarget }: DragEvent<HTMLElement>) => currentTarget.blur(),
});

export function Palette({
  addType,
  addNote,
  chooseTemplate,
}: {
  addType: (type: NodeType) => void;
  addNote: () => void;
  chooseTemplate: () => void;
}) {
  const canWrite = useFlow((state) => state.canWrite);
  const hasStart = useFlow(({ definition }) => definition.nodes.some(({ type }) => type === "start"));
  return (
    <aside className="editor-float editor-palette" aria-label="Palette">
      {canWrite && (
        <>
          <div className="lbl">Drag or press N</div>
          <ul>
            {(Object.keys(TYPES) as NodeType[]).map((type) => {
              const { label, speaks, hint } = TYPES[type];
              const off = type === "start" && hasStart;
              return (
                <li key={type} className={speaks ? "say" : ""}>
                  <button
                    type="button"
                    disabled={off}
                    title={off ? "A flow has only one start" : `${label}: ${hint.toLowerCase()}`}
                    draggable={!off}
                    onClick={() => addType(type)}
                    {...dragging(type)}
                  >
                    <NodeIcon type={type} />
                    <span className="tx">{label}</span>
                  </button>
                </li>
              );
            })}
            <li>
              <button
                type="button"
                title="A comment on the canvas"
                draggable
                onClick={() => addNote()}
                {...dragging("note")}
              >
                <StickyNote size={16} />
                <span className="tx">Note</span>
              </button>
            </li>
          </ul>
          <hr />
        </>
      )}
      <div className="lbl">Flow</div>
      <Sections />
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
