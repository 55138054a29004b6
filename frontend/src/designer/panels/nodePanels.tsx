// What can be set at each kind of node.
import { Plus } from "lucide-react";
import { AskingMore, AskingPanel } from "./AskingPanel.tsx";
import { TOOLS, VOICES } from "../model/definition.ts";
import { Area, Choose, Slider, Switch, Text, NumberInput } from "./fields.tsx";
import type { AnswerNode, DispatchNode, EndNode, FlowNode, NodePatch, StartNode, Tool } from "../model/flow.ts";
import { FlowField } from "./FlowField.tsx";
import { useFlow, useFlowStore } from "../state/context.ts";
import { Segments } from "../../components/Segments.tsx";

interface NodeProps<Node extends FlowNode> {
  node: Node;
  set: (patch: Partial<Omit<Node, "id" | "type">>) => void;
}

const LIMIT_HINT = "Then the exit “otherwise” is taken.";

const TOOL_NAMES = Object.entries(TOOLS) as [Tool, string][];

function Limit({ node, set }: NodeProps<FlowNode>) {
  return (
    <NumberInput
      label="Caller turns at most"
      field="limit"
      value={node.limit}
      min={1}
      max={100}
      hint={LIMIT_HINT}
      set={(limit) => set({ limit })}
    />
  );
}

function StartPanel({ node, set }: NodeProps<StartNode>) {
  return (
    <>
      <Area
        label="Greeting"
        field="greeting"
        value={node.greeting}
        hint="Say that it is an AI, and what the call is for."
        set={(greeting) => set({ greeting })}
      />
    </>
  );
}

function StartMore({ node, set }: NodeProps<StartNode>) {
  const known = VOICES.some(([voice]) => voice === node.voice) || !node.voice;
  const options: [string, string][] = [["", "The usual one"], ...VOICES];
  if (!known) options.push([node.voice, node.voice]);
  return <Choose label="Voice" field="voice" value={node.voice} options={options} set={(voice) => set({ voice })} />;
}

function Sources({ node, set }: NodeProps<AnswerNode>) {
  const store = useFlowStore();
  const knowledge = useFlow(({ definition }) => definition.knowledge);
  const toggle = (id: string) =>
    set({
      knowledge: node.knowledge.includes(id) ? node.knowledge.filter((other) => other !== id) : [...node.knowledge, id],
    });
  return (
    <FlowField
      label="Knowledge"
      field="knowledge"
      group
      hint={knowledge.length && !node.knowledge.length ? "None chosen: it answers from all of it." : ""}
      aside={
        <button
          type="button"
          className="ui-button ghost editor-small"
          onClick={() => store.getState().open("knowledge")}
        >
          <Plus size={14} />
          Add
        </button>
      }
    >
      {(_control, _problem, labelId) => (
        <div className="editor-picks" role="group" aria-labelledby={labelId}>
          {knowledge.map(({ id, name }) => (
            <button key={id} type="button" aria-pressed={node.knowledge.includes(id)} onClick={() => toggle(id)}>
              {name || "Without a name"}
            </button>
          ))}
          {knowledge.length === 0 && <span className="ui-note">This flow has no knowledge yet.</span>}
        </div>
      )}
    </FlowField>
  );
}

function AnswerPanel({ node, set }: NodeProps<AnswerNode>) {
  return (
    <>
      <Sources node={node} set={set} />
      <Slider
        label="Sure enough from"
        field="threshold"
        value={node.threshold}
        hint="Below it nothing is answered."
        set={(threshold) => set({ threshold })}
      />
      <Switch
        label="Search the web once if nothing fits"
        field="web_search"
        value={node.web_search}
        set={(web_search) => set({ web_search })}
      />
      <Area
        label="When it comes here"
        field="opening"
        rows={2}
        value={node.opening}
        placeholder="What would you like to know?"
        set={(opening) => set({ opening })}
      />
      <Text
        label="While it looks"
        field="searching"
        max={4000}
        value={node.searching}
        placeholder="One moment, I am looking."
        set={(searching) => set({ searching })}
      />
      <Area
        label="When it does not know"
        field="fallback"
        rows={2}
        value={node.fallback}
        set={(fallback) => set({ fallback })}
      />
    </>
  );
}

function AnswerMore({ node, set }: NodeProps<AnswerNode>) {
  const toggle = (tool: Tool) =>
    set({ tools: node.tools.includes(tool) ? node.tools.filter((other) => other !== tool) : [...node.tools, tool] });
  return (
    <>
      <Area
        label="How to answer, optional"
        field="instructions"
        value={node.instructions}
        placeholder="Short. Prices always with tax."
        set={(instructions) => set({ instructions })}
      />
      <FlowField label="Tools it may use" field="tools" group>
        {(_control, _problem, labelId) => (
          <div className="editor-picks" role="group" aria-labelledby={labelId}>
            {TOOL_NAMES.map(([tool, name]) => (
              <button key={tool} type="button" aria-pressed={node.tools.includes(tool)} onClick={() => toggle(tool)}>
                {name}
              </button>
            ))}
          </div>
        )}
      </FlowField>
      <Limit node={node} set={set} />
    </>
  );
}

function DispatchPanel({ node, set }: NodeProps<DispatchNode>) {
  return (
    <>
      <Choose
        label="Tool"
        field="tool"
        value={node.tool}
        options={[["", "None"], ...TOOL_NAMES]}
        hint="An exit can ask whether it worked: tool_ok."
        set={(tool) => set({ tool: tool || null })}
      />
      <Area label="Said on the way, optional" field="say" rows={2} value={node.say} set={(say) => set({ say })} />
    </>
  );
}

function EndPanel({ node, set }: NodeProps<EndNode>) {
  return (
    <>
      <FlowField label="How it ends" field="outcome" group>
        {() => (
          <Segments
            label="How it ends"
            value={node.outcome}
            options={[
              ["hang_up", "Hangs up"],
              ["handoff", "Asks for a person"],
            ]}
            set={(outcome) => set({ outcome })}
          />
        )}
      </FlowField>
      <Area
        label={node.outcome === "handoff" ? "Farewell, when nobody can come" : "Farewell"}
        field="farewell"
        rows={2}
        value={node.farewell}
        set={(farewell) => set({ farewell })}
      />
      <Area
        label="Next steps, optional"
        field="next_steps"
        rows={2}
        value={node.next_steps}
        placeholder="We will write to you tomorrow."
        set={(next_steps) => set({ next_steps })}
      />
    </>
  );
}

interface PanelProps {
  node: FlowNode;
  set: (patch: NodePatch) => void;
}

/** What a node is about. */
export function NodePanel({ node, set }: PanelProps) {
  switch (node.type) {
    case "start":
      return <StartPanel node={node} set={set} />;
    case "lead_gate":
    case "clarify":
      return <AskingPanel node={node} set={set} />;
    case "rag_answer":
      return <AnswerPanel node={node} set={set} />;
    case "dispatch":
      return <DispatchPanel node={node} set={set} />;
    case "end":
      return <EndPanel node={node} set={set} />;
  }
}

/** What is seldom changed; null where there is nothing. */
export function MoreSettings({ node, set }: PanelProps) {
  switch (node.type) {
    case "start":
      return <StartMore node={node} set={set} />;
    case "lead_gate":
    case "clarify":
      return <AskingMore node={node} set={set} />;
    case "rag_answer":
      return <AnswerMore node={node} set={set} />;
    default:
      return null;
  }
}

export const hasMoreSettings = ({ type }: FlowNode) => type !== "dispatch" && type !== "end";
