// What holds at every node: when a person is asked for, what earns points, opening hours.
import { catalog } from "../../generated/catalog.ts";
import { Plus, Trash2 } from "lucide-react";
import { blankCondition, newId } from "../model/definition.ts";
import { ConditionField } from "./Condition.tsx";
import { Area, Choose, Slider, Switch, Text, Words, OptionalNumberInput, NumberInput } from "./fields.tsx";
import { useFlow, useFlowStore } from "../state/context.ts";
import { Hours } from "./Hours.tsx";
import type { HandoffRules, Priority, Rules, ScoreRule } from "../model/flow.ts";

const PRIORITIES = Object.entries(catalog.handoff.fields.priority.options) as [Priority, string][];
const LOW = { below: 0.35, times: 2 };

export function RulesPanel() {
  const store = useFlowStore();
  const rules = useFlow(({ definition }) => definition.rules);
  const set = (patch: Partial<Rules>) =>
    store.getState().edit((now) => ({ ...now, rules: { ...now.rules, ...patch } }));
  return (
    <>
      <section className="editor-part">
        <h3>A person takes over</h3>
        <Handoff handoff={rules.handoff} set={(patch) => set({ handoff: { ...rules.handoff, ...patch } })} />
      </section>
      <section className="editor-part">
        <h3>Points</h3>
        <Scores scores={rules.scores} set={(scores) => set({ scores })} />
      </section>
      <section className="editor-part">
        <h3>Opening hours</h3>
        <Hours hours={rules.hours} set={(hours) => set({ hours })} />
      </section>
    </>
  );
}

function Handoff({ handoff, set }: { handoff: HandoffRules; set: (patch: Partial<HandoffRules>) => void }) {
  return (
    <>
      <Switch
        label="When the caller wishes it"
        field="rules.handoff.wish"
        value={handoff.wish}
        set={(wish) => set({ wish })}
      />
      <Words
        label="On these words"
        field="rules.handoff.keywords"
        value={handoff.keywords}
        max={60}
        placeholder="complaint"
        set={(keywords) => set({ keywords })}
      />
      <OptionalNumberInput
        label="After so many minutes"
        field="rules.handoff.after_minutes"
        integer={false}
        min={0.1}
        max={240}
        value={handoff.after_minutes}
        hint="Empty: never."
        set={(after_minutes) => set({ after_minutes })}
      />
      <UnsureAnswers low={handoff.low_confidence} set={(low_confidence) => set({ low_confidence })} />
      <Area
        label="Said then"
        field="rules.handoff.announcement"
        rows={2}
        value={handoff.announcement}
        set={(announcement) => set({ announcement })}
      />
      <Area
        label="When nobody can come"
        field="rules.handoff.unavailable"
        rows={2}
        value={handoff.unavailable}
        set={(unavailable) => set({ unavailable })}
      />
      <Choose
        label="Priority"
        field="rules.handoff.priority"
        value={handoff.priority}
        options={PRIORITIES}
        set={(priority) => set({ priority })}
      />
      <Words
        label="Skills that are needed"
        field="rules.handoff.skills"
        value={handoff.skills}
        max={20}
        placeholder="german"
        set={(skills) => set({ skills })}
      />
    </>
  );
}

interface UnsureAnswersProps {
  low: HandoffRules["low_confidence"];
  set: (low: HandoffRules["low_confidence"]) => void;
}

function UnsureAnswers({ low, set }: UnsureAnswersProps) {
  return (
    <>
      <Switch
        label="When answers are unsure"
        field="rules.handoff.low_confidence"
        value={Boolean(low)}
        set={(on) => set(on ? LOW : null)}
      />
      {low && (
        <>
          <Slider label="Less sure than" value={low.below} set={(below) => set({ ...low, below })} />
          <NumberInput
            label="Times in a row"
            min={1}
            max={10}
            value={low.times}
            set={(times) => set({ ...low, times })}
          />
        </>
      )}
    </>
  );
}

function Scores({ scores, set }: { scores: ScoreRule[]; set: (scores: ScoreRule[]) => void }) {
  const store = useFlowStore();
  const canWrite = useFlow((state) => state.canWrite);
  const change = (index: number, patch: Partial<ScoreRule>) =>
    set(scores.map((rule, at) => (at === index ? { ...rule, ...patch } : rule)));
  const add = () => {
    const taken = new Set(scores.map(({ id }) => id));
    let id = newId(store.getState().definition, "s");
    while (taken.has(id)) id = `${id}_`;
    set([...scores, { id, when: blankCondition("expression"), points: 10, reason: "" }]);
  };
  return (
    <>
      {scores.length === 0 && (
        <p className="ui-note">None. Points tell how promising a call is; conditions see them as “score”.</p>
      )}
      {scores.map((rule, index) => (
        <fieldset key={rule.id} className="editor-card" data-field={`rules.scores.${rule.id}`}>
          <legend className="ui-screen-reader">Rule {index + 1}</legend>
          <Text
            label="Reason"
            field={`rules.scores.${rule.id}.reason`}
            value={rule.reason}
            placeholder="left a phone number"
            set={(reason) => change(index, { reason })}
          />
          <NumberInput
            label="Points"
            field={`rules.scores.${rule.id}.points`}
            min={-100}
            max={100}
            value={rule.points}
            set={(points) => change(index, { points })}
          />
          <ConditionField
            value={rule.when}
            kinds={["expression", "keywords", "intent"]}
            field={`rules.scores.${rule.id}.when`}
            set={(when) => change(index, { when })}
          />
          {canWrite && (
            <button
              type="button"
              className="ui-button ghost editor-small red-text"
              onClick={() => set(scores.filter((_, at) => at !== index))}
            >
              <Trash2 size={14} />
              Delete the rule
            </button>
          )}
        </fieldset>
      ))}
      {canWrite && scores.length < 100 && (
        <button type="button" className="ui-button surface editor-small" onClick={add}>
          <Plus size={14} />
          Add a rule
        </button>
      )}
    </>
  );
}
