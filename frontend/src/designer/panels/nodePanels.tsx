// What can be set at each kind of node.
import { Plus } from "lucide-react";
import { AskingMore, AskingPanel } from "./AskingPanel.tsx";
import { TOOLS, VOICES } from "../model/definition.ts";
import { Amount, Area, Choose, Field, Segments, Slider, Switch, Text } from "./fields.tsx";
import { useFlow, useFlowStore } from "../state/context.ts";

const LIMIT_HINT = "Then the exit “otherwise” is taken.";

function Limit({ node, set }) {
  return (
    <Amount
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

function StartPanel({ node, set }) {
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

function StartMore({ node, set }) {
  const known = VOICES.some(([voice]) => voice === node.voice) || !node.voice;
  const options = [["", "The usual one"], ...VOICES, ...(known ? [] : [[node.voice, node.voice]])];
  return <Choose label="Voice" field="voice" value={node.voice} options={options} set={(voice) => set({ voice })} />;
}

function Sources({ node, set }) {
  const store = useFlowStore();
  const knowledge = useFlow(({ definition }) => definition.knowledge);
  const toggle = (id) =>
    set({
      knowledge: node.knowledge.includes(id) ? node.knowledge.filter((other) => other !== id) : [...node.knowledge, id],
    });
  return (
    <Field
      label="Knowledge"
      field="knowledge"
      bare
      hint={knowledge.length && !node.knowledge.length ? "None chosen: it answers from all of it." : ""}
      aside={
        <button type="button" className="qv-btn ghost fl-s" onClick={() => store.getState().open("knowledge")}>
          <Plus size={14} />
          Add
        </button>
      }
    >
      {({ labelledBy }) => (
        <div className="fl-picks" role="group" aria-labelledby={labelledBy}>
          {knowledge.map(({ id, name }) => (
            <button key={id} type="button" aria-pressed={node.knowledge.includes(id)} onClick={() => toggle(id)}>
              {name || "Without a name"}
            </button>
          ))}
          {knowledge.length === 0 && <span className="qv-note">This flow has no knowledge yet.</span>}
        </div>
      )}
    </Field>
  );
}

function AnswerPanel({ node, set }) {
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

function AnswerMore({ node, set }) {
  const toggle = (tool) =>
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
      <Field label="Tools it may use" field="tools" bare>
        {({ labelledBy }) => (
          <div className="fl-picks" role="group" aria-labelledby={labelledBy}>
            {Object.entries(TOOLS).map(([tool, name]) => (
              <button key={tool} type="button" aria-pressed={node.tools.includes(tool)} onClick={() => toggle(tool)}>
                {name}
              </button>
            ))}
          </div>
        )}
      </Field>
      <Limit node={node} set={set} />
    </>
  );
}

function DispatchPanel({ node, set }) {
  return (
    <>
      <Choose
        label="Tool"
        field="tool"
        value={node.tool}
        options={[["", "None"], ...Object.entries(TOOLS)]}
        hint="An exit can ask whether it worked: tool_ok."
        set={(tool) => set({ tool: tool || null })}
      />
      <Area label="Said on the way, optional" field="say" rows={2} value={node.say} set={(say) => set({ say })} />
    </>
  );
}

function EndPanel({ node, set }) {
  return (
    <>
      <Field label="How it ends" field="outcome" bare>
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
      </Field>
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

// Main: what a node is about. More: what is seldom changed.
export const PANELS = {
  start: { Main: StartPanel, More: StartMore },
  lead_gate: { Main: AskingPanel, More: AskingMore },
  rag_answer: { Main: AnswerPanel, More: AnswerMore },
  clarify: { Main: AskingPanel, More: AskingMore },
  dispatch: { Main: DispatchPanel },
  end: { Main: EndPanel },
};
