// What is known and true when the call begins, and what shall fail. It counts from the next start on; the fault at once.
import { Choose, Switch } from "../panels/fields.tsx";
import { usesHandoff } from "../model/definition.ts";
import { FAULTS, type Fault } from "./simulation.ts";
import type { FlowDefinition, VariableType } from "../model/flow.ts";
import type { Simulation } from "./useSimulation.ts";

const CONTACT: Partial<Record<VariableType, string>> = {
  name: "Ines Moreau",
  email: "ines.moreau@example.com",
  phone: "+1 202 555 0143",
};

export function Before({
  call,
  definition,
  start,
}: {
  call: Simulation;
  definition: FlowDefinition;
  start: () => void;
}) {
  const { settings: before, set } = call;
  const contact = definition.variables.filter(({ type }) => type in CONTACT);
  const isContactKnown = contact.some(({ name }) => name in before.known);
  const asKnown = (on: boolean) =>
    set({
      knownCaller: on,
      known: on ? Object.fromEntries(contact.map(({ name, type }) => [name, CONTACT[type] ?? ""])) : {},
    });
  const setKnown = (name: string, value: string) => {
    const others = Object.fromEntries(Object.entries(before.known).filter(([key]) => key !== name));
    set({ known: value ? { ...others, [name]: value } : others });
  };
  return (
    <section className="simulator-before" aria-label="Call settings">
      <Switch
        label="Known caller"
        value={before.knownCaller}
        set={asKnown}
        hint={contact.length ? undefined : "This flow has no variables for contact details."}
      />
      {(before.knownCaller || isContactKnown) &&
        contact.map(({ name }) => (
          <div key={name} className="ui-field">
            <label className="ui-note" htmlFor={`simulator-known-${name}`}>
              {name}
            </label>
            <div className="ui-input editor-input">
              <input
                id={`simulator-known-${name}`}
                value={String(before.known[name] ?? "")}
                maxLength={200}
                onChange={(event) => setKnown(name, event.target.value)}
              />
            </div>
          </div>
        ))}
      <Switch
        label="Agreed on call page"
        value={before.consent}
        set={(consent) => set({ consent })}
        hint="If off, the flow asks before it stores contact details."
      />
      {usesHandoff(definition) && (
        <Switch
          label="Team members available"
          value={before.operators}
          set={(operators) => set({ operators })}
          hint="If off, handoffs find nobody."
        />
      )}
      <BeginsField begins={before.begins} set={(begins) => set({ begins, zone: undefined })} />
      <Choose
        label="Simulate failure"
        value={before.fault}
        set={(fault) => set({ fault })}
        options={Object.entries(FAULTS) as [Fault, string][]}
      />
      <div className="ui-row">
        <span className="ui-note ui-grow">Failures apply right away, everything else on the next call.</span>
        <button type="button" className="ui-button soft editor-small" onClick={start}>
          Start
        </button>
      </div>
    </section>
  );
}

function BeginsField({ begins, set }: { begins: string; set: (begins: string) => void }) {
  return (
    <div className="ui-field">
      <label className="ui-note" htmlFor="simulator-begins">
        Date and time of the call (now if empty)
      </label>
      <div className="ui-input editor-input">
        <input
          id="simulator-begins"
          type="datetime-local"
          min="2000-01-01T00:00"
          max="2100-01-01T00:00"
          value={local(begins)}
          onChange={(event) => set(event.target.value)}
        />
      </div>
    </div>
  );
}

// As the field wants it: a case says when it begins in UTC.
function local(begins: string) {
  if (!begins || begins.length === 16) return begins;
  const at = new Date(begins);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}
