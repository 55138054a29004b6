// What holds at every node: when a person is asked for, what earns points, opening hours.
import { Plus, Trash2 } from "lucide-react";
import { CONDITIONS, newId } from "../model/definition.ts";
import { Condition } from "./Condition.tsx";
import { Amount, Area, Choose, Slider, Switch, Text, Trouble, Words, useProblem } from "./fields.tsx";
import { useFlow, useFlowStore } from "../state/context.ts";

const DAYS = [
  ["mon", "Monday"],
  ["tue", "Tuesday"],
  ["wed", "Wednesday"],
  ["thu", "Thursday"],
  ["fri", "Friday"],
  ["sat", "Saturday"],
  ["sun", "Sunday"],
];
const OFFICE = DAYS.slice(0, 5).map(([day]) => ({ day, opens: "09:00", closes: "18:00" }));
const PRIORITIES = [
  ["low", "Low"],
  ["normal", "Normal"],
  ["high", "High"],
  ["urgent", "Urgent"],
];
const LOW = { below: 0.35, times: 2 };

export function RulesPanel() {
  const store = useFlowStore();
  const rules = useFlow(({ definition }) => definition.rules);
  const set = (patch) => store.getState().edit((now) => ({ ...now, rules: { ...now.rules, ...patch } }));
  return (
    <>
      <section className="fl-part">
        <h3>A person takes over</h3>
        <Handoff handoff={rules.handoff} set={(patch) => set({ handoff: { ...rules.handoff, ...patch } })} />
      </section>
      <section className="fl-part">
        <h3>Points</h3>
        <Scores scores={rules.scores} set={(scores) => set({ scores })} />
      </section>
      <section className="fl-part">
        <h3>Opening hours</h3>
        <Hours hours={rules.hours} set={(hours) => set({ hours })} />
      </section>
    </>
  );
}

function Handoff({ handoff, set }) {
  const low = handoff.low_confidence;
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
      <Amount
        label="After so many minutes"
        field="rules.handoff.after_minutes"
        integer={false}
        optional
        min={0.1}
        max={240}
        value={handoff.after_minutes}
        hint="Empty: never."
        set={(after_minutes) => set({ after_minutes })}
      />
      <Switch
        label="When answers are unsure"
        field="rules.handoff.low_confidence"
        value={Boolean(low)}
        set={(on) => set({ low_confidence: on ? LOW : null })}
      />
      {low && (
        <>
          <Slider
            label="Less sure than"
            value={low.below}
            set={(below) => set({ low_confidence: { ...low, below } })}
          />
          <Amount
            label="Times in a row"
            min={1}
            max={10}
            value={low.times}
            set={(times) => set({ low_confidence: { ...low, times } })}
          />
        </>
      )}
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

function Scores({ scores, set }) {
  const store = useFlowStore();
  const canWrite = useFlow((state) => state.canWrite);
  const change = (index, patch) => set(scores.map((rule, at) => (at === index ? { ...rule, ...patch } : rule)));
  const add = () => {
    const taken = new Set(scores.map(({ id }) => id));
    let id = newId(store.getState().definition, "s");
    while (taken.has(id)) id = `${id}_`;
    set([...scores, { id, when: CONDITIONS.expression(), points: 10, reason: "" }]);
  };
  return (
    <>
      {scores.length === 0 && (
        <p className="qv-note">None. Points tell how promising a call is; conditions see them as “score”.</p>
      )}
      {scores.map((rule, index) => (
        <fieldset key={rule.id} className="fl-card" data-field={`rules.scores.${rule.id}`}>
          <legend className="qv-sr">Rule {index + 1}</legend>
          <Text
            label="Reason"
            field={`rules.scores.${rule.id}.reason`}
            value={rule.reason}
            placeholder="left a phone number"
            set={(reason) => change(index, { reason })}
          />
          <Amount
            label="Points"
            field={`rules.scores.${rule.id}.points`}
            min={-100}
            max={100}
            value={rule.points}
            set={(points) => change(index, { points })}
          />
          <Condition
            value={rule.when}
            kinds={["expression", "keywords", "intent"]}
            field={`rules.scores.${rule.id}.when`}
            set={(when) => change(index, { when })}
          />
          {canWrite && (
            <button
              type="button"
              className="qv-btn ghost fl-s red-text"
              onClick={() => set(scores.filter((_, at) => at !== index))}
            >
              <Trash2 size={14} />
              Delete the rule
            </button>
          )}
        </fieldset>
      ))}
      {canWrite && scores.length < 100 && (
        <button type="button" className="qv-btn surface fl-s" onClick={add}>
          <Plus size={14} />
          Add a rule
        </button>
      )}
    </>
  );
}

function HoursProblem({ day }) {
  return <Trouble problem={useProblem(`rules.hours.${day}`)} />;
}

function Hours({ hours, set }) {
  const canWrite = useFlow((state) => state.canWrite);
  const change = (period, patch) => set(hours.map((other) => (other === period ? { ...period, ...patch } : other)));
  if (!hours.length) {
    return (
      <>
        <p className="qv-note">Always open. Conditions see it as “open”.</p>
        {canWrite && (
          <button type="button" className="qv-btn surface fl-s" onClick={() => set(OFFICE)}>
            Monday to Friday, 9 to 18
          </button>
        )}
      </>
    );
  }
  return (
    <>
      <ul className="fl-hours">
        {DAYS.map(([day, name]) => {
          const periods = hours.filter((period) => period.day === day);
          return (
            <li key={day} data-field={`rules.hours.${day}`}>
              <span>{name}</span>
              <div className="qv-col">
                {periods.map((period, index) => (
                  <div key={index} className="qv-row">
                    <input
                      type="time"
                      aria-label={`${name} from`}
                      value={period.opens}
                      onChange={(event) => event.target.value && change(period, { opens: event.target.value })}
                    />
                    <input
                      type="time"
                      aria-label={`${name} to`}
                      value={period.closes === "24:00" ? "23:59" : period.closes}
                      onChange={(event) =>
                        event.target.value &&
                        change(period, { closes: event.target.value === "23:59" ? "24:00" : event.target.value })
                      }
                    />
                    {canWrite && (
                      <button
                        type="button"
                        className="qv-btn ghost icon fl-xs"
                        aria-label={`Delete these hours of ${name}`}
                        onClick={() => set(hours.filter((other) => other !== period))}
                      >
                        <Trash2 size={14} />
                      </button>
                    )}
                  </div>
                ))}
                {!periods.length && <span className="qv-note">Closed</span>}
                <HoursProblem day={day} />
              </div>
              {canWrite && (
                <button
                  type="button"
                  className="qv-btn ghost icon fl-xs"
                  aria-label={`Add hours on ${name}`}
                  onClick={() => set([...hours, { day, opens: "09:00", closes: "18:00" }])}
                >
                  <Plus size={14} />
                </button>
              )}
            </li>
          );
        })}
      </ul>
      <p className="qv-note">In the account’s time zone.</p>
      {canWrite && (
        <button type="button" className="qv-btn ghost fl-s" onClick={() => set([])}>
          Always open
        </button>
      )}
    </>
  );
}
