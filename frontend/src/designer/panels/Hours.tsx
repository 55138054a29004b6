// Opening hours of the week.
import { catalog } from "../../generated/catalog.ts";
import { Plus, Trash2 } from "lucide-react";
import type { OpenPeriod, Weekday } from "../model/flow.ts";
import { useFlow } from "../state/context.ts";
import { FieldProblem, useProblem } from "./FlowField.tsx";

const DAYS = Object.entries(catalog.weekdays) as [Weekday, string][];
const OFFICE: OpenPeriod[] = DAYS.slice(0, 5).map(([day]) => ({ day, opens: "09:00", closes: "18:00" }));

function HoursProblem({ day }: { day: Weekday }) {
  return <FieldProblem problem={useProblem(`rules.hours.${day}`)} />;
}

export function Hours({ hours, set }: { hours: OpenPeriod[]; set: (hours: OpenPeriod[]) => void }) {
  const canWrite = useFlow((state) => state.canWrite);
  if (!hours.length) {
    return (
      <>
        <p className="ui-note">Always open. Conditions can use it as “open”.</p>
        {canWrite && (
          <button type="button" className="ui-button surface editor-small" onClick={() => set(OFFICE)}>
            Monday to Friday, 9 AM to 6 PM
          </button>
        )}
      </>
    );
  }
  return (
    <>
      <ul className="editor-hours">
        {DAYS.map(([day, name]) => (
          <Day key={day} day={day} name={name} hours={hours} set={set} />
        ))}
      </ul>
      <p className="ui-note">In your account’s time zone.</p>
      {canWrite && (
        <button type="button" className="ui-button ghost editor-small" onClick={() => set([])}>
          Always open
        </button>
      )}
    </>
  );
}

interface DayProps {
  day: Weekday;
  name: string;
  hours: OpenPeriod[];
  set: (hours: OpenPeriod[]) => void;
}

function Day({ day, name, hours, set }: DayProps) {
  const canWrite = useFlow((state) => state.canWrite);
  const periods = hours.filter((period) => period.day === day);
  const change = (period: OpenPeriod, patch: Partial<OpenPeriod>) =>
    set(hours.map((other) => (other === period ? { ...period, ...patch } : other)));
  return (
    <li data-field={`rules.hours.${day}`}>
      <span>{name}</span>
      <div className="ui-column">
        {periods.map((period, index) => (
          <div key={index} className="ui-row">
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
                className="ui-button ghost icon editor-tiny"
                aria-label={`Delete hours on ${name}`}
                onClick={() => set(hours.filter((other) => other !== period))}
              >
                <Trash2 size={14} />
              </button>
            )}
          </div>
        ))}
        {!periods.length && <span className="ui-note">Closed</span>}
        <HoursProblem day={day} />
      </div>
      {canWrite && (
        <button
          type="button"
          className="ui-button ghost icon editor-tiny"
          aria-label={`Add hours on ${name}`}
          onClick={() => set([...hours, { day, opens: "09:00", closes: "18:00" }])}
        >
          <Plus size={14} />
        </button>
      )}
    </li>
  );
}
