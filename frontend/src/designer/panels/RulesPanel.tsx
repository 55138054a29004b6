// What holds at every node: when a person is asked for, what earns points, opening hours.
import { catalog } from "../../generated/catalog.ts";
import { Plus, Trash2 } from "lucide-react";
import { blankScoreRule, newId, usesHandoff } from "../model/definition.ts";
import { ConditionField } from "./Condition.tsx";
import { EditorFields } from "./EditorFields.tsx";
import { useFlow, useFlowStore } from "../state/context.ts";
import { Hours } from "./Hours.tsx";
import type { Rules, ScoreRule, ScoreCondition } from "../model/flow.ts";

const KINDS: ScoreCondition["type"][] = ["expression", "keywords", "intent"];

export function RulesPanel() {
  const store = useFlowStore();
  const rules = useFlow(({ definition }) => definition.rules);
  const handsOff = useFlow(({ definition }) => usesHandoff(definition));
  const set = (patch: Partial<Rules>) =>
    store.getState().edit((now) => ({ ...now, rules: { ...now.rules, ...patch } }));
  return (
    <>
      {handsOff && (
        <section className="editor-part">
          <h3>Handoff</h3>
          <EditorFields
            fields={catalog.handoff.fields}
            item={rules.handoff}
            path={(name) => `rules.handoff.${name}`}
            set={(patch) => set({ handoff: { ...rules.handoff, ...patch } })}
          />
        </section>
      )}
      <section className="editor-part">
        <h3>Score</h3>
        <Scores scores={rules.scores} set={(scores) => set({ scores })} />
      </section>
      <section className="editor-part">
        <h3>Opening hours</h3>
        <Hours hours={rules.hours} set={(hours) => set({ hours })} />
      </section>
    </>
  );
}

function Scores({ scores, set }: { scores: ScoreRule[]; set: (scores: ScoreRule[]) => void }) {
  const store = useFlowStore();
  const canWrite = useFlow((state) => state.canWrite);
  const change = (index: number, patch: Partial<ScoreRule>) =>
    set(scores.map((rule, at) => (at === index ? { ...rule, ...patch } : rule)));
  const add = () => {
    const ids = new Set(scores.map(({ id }) => id));
    let id = newId(store.getState().definition, "s");
    while (ids.has(id)) id = `${id}_`;
    set([...scores, { ...blankScoreRule(), id }]);
  };
  return (
    <>
      {scores.length === 0 && (
        <p className="ui-note">
          No rules yet. The score tells how promising a call is. Conditions can use it as “score”.
        </p>
      )}
      {scores.map((rule, index) => (
        <fieldset key={rule.id} className="editor-card" data-field={`rules.scores.${rule.id}`}>
          <legend className="ui-screen-reader">Rule {index + 1}</legend>
          <EditorFields
            fields={catalog.scoreRule.fields}
            item={rule}
            path={(name) => `rules.scores.${rule.id}.${name}`}
            set={(patch) => change(index, patch)}
          />
          <ConditionField
            value={rule.when}
            kinds={KINDS}
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
      {canWrite && scores.length < catalog.limits.scores && (
        <button type="button" className="ui-button surface editor-small" onClick={add}>
          <Plus size={14} />
          Add a rule
        </button>
      )}
    </>
  );
}
