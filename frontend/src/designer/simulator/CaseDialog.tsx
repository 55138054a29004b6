// A case to save: the conversation, and what is expected of it; filled with what happened, for its author to choose from.
import { catalog } from "../../generated/catalog.ts";
import { useState, type FormEvent, type ReactNode } from "react";
import { Plus, X } from "lucide-react";
import { asProblem, type Problem } from "../../api/client.ts";
import type { CaseExpectation, CaseTurn } from "../../api/schema.ts";
import { Dialog } from "../../components/Dialog.tsx";
import { ErrorMessage } from "../../components/ErrorMessage.tsx";
import { nodeName } from "../model/definition.ts";
import type { FlowDefinition } from "../model/flow.ts";
import { choosePlace, expectationOf, isChosen, pathChoices, testOf, type EditedCase } from "./expectation.ts";
import { EVENTS, valueText } from "./simulation.ts";
import type { CaseList } from "./useCases.ts";

interface CaseDialogProps {
  edited: EditedCase;
  definition: FlowDefinition;
  cases: CaseList;
  onClose: () => void;
  onSaved: () => void;
}

export function CaseDialog({ edited, definition, cases, onClose, onSaved }: CaseDialogProps) {
  const [name, setName] = useState(edited.name || edited.turns.find(({ says }) => says)?.says?.slice(0, 60) || "");
  const [expected, setExpected] = useState(() => expectationOf(edited));
  const [turns, setTurns] = useState(edited.turns);
  const [words, setWords] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const change = (changes: Partial<CaseExpectation>) => setExpected({ ...expected, ...changes });
  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (!name.trim() || busy) return;
    setBusy(true);
    setProblem(null);
    const phrases = words.trim() ? [...expected.phrases, words.trim()] : expected.phrases;
    try {
      await cases.save(edited.id, testOf(edited, { name: name.trim(), turns, expected: { ...expected, phrases } }));
      onSaved();
    } catch (error) {
      setProblem(asProblem(error));
      setBusy(false);
    }
  };
  const part = { edited, expected, change };
  return (
    <Dialog open title={edited.id ? "Edit test case" : "Save as test case"} onDismiss={onClose}>
      <form className="simulator-case" onSubmit={save}>
        {problem && <ErrorMessage problem={problem} />}
        <div className="ui-field">
          <label htmlFor="simulator-case-name">Name</label>
          <div className="ui-input">
            <input
              id="simulator-case-name"
              data-first
              value={name}
              maxLength={catalog.limits.caseName}
              required
              onChange={(event) => setName(event.target.value)}
            />
          </div>
        </div>
        <Turns turns={turns} set={setTurns} />
        <PathFields {...part} definition={definition} />
        <ValueFields {...part} />
        <WordFields {...part} text={words} setText={setWords} />
        <EndFields {...part} />
        <div className="ui-actions end">
          <button type="button" className="ui-button ghost mid" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className={`ui-button solid mid ${busy ? "busy" : ""}`} disabled={!name.trim()}>
            Save
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface PartProps {
  edited: EditedCase;
  expected: CaseExpectation;
  change: (changes: Partial<CaseExpectation>) => void;
}

function Turns({ turns, set }: { turns: CaseTurn[]; set: (turns: CaseTurn[]) => void }) {
  const setSays = (index: number, says: string) =>
    set(turns.map((turn, place) => (place === index ? { ...turn, says } : turn)));
  return (
    <fieldset>
      <legend>Caller says</legend>
      <ol>
        {turns.map((turn, index) => (
          <li key={index}>
            {turn.happens ? (
              <span className="ui-note">{EVENTS[turn.happens].label}</span>
            ) : (
              <div className="ui-input editor-input">
                <input
                  aria-label={`Turn ${index + 1}`}
                  value={turn.says}
                  maxLength={catalog.limits.words}
                  onChange={(event) => setSays(index, event.target.value)}
                />
              </div>
            )}
          </li>
        ))}
        {!turns.length && <li className="ui-note">Nothing.</li>}
      </ol>
    </fieldset>
  );
}

function PathFields({ edited, expected, change, definition }: PartProps & { definition: FlowDefinition }) {
  const path = pathChoices(edited);
  return (
    <fieldset>
      <legend>Reaches these nodes in order</legend>
      {path.map((id, place) => (
        <Check
          key={`${id}-${place}`}
          on={isChosen(expected.path, path, place)}
          set={(on) => change({ path: choosePlace(expected.path, path, place, on) })}
        >
          {nodeName(definition, id)}
        </Check>
      ))}
    </fieldset>
  );
}

function ValueFields({ edited, expected, change }: PartProps) {
  const values = Object.entries({ ...edited.outcome?.values, ...expected.variables });
  if (!values.length) return null;
  const without = (key: string) =>
    Object.fromEntries(Object.entries(expected.variables).filter(([one]) => one !== key));
  return (
    <fieldset>
      <legend>Variables</legend>
      {values.map(([key, value]) => (
        <Check
          key={key}
          on={key in expected.variables}
          set={(on) => change({ variables: on ? { ...expected.variables, [key]: value } : without(key) })}
        >
          <span>
            <b>{key}</b> {value === null ? "unknown" : valueText(value)}
          </span>
        </Check>
      ))}
    </fieldset>
  );
}

type WordProps = Omit<PartProps, "edited"> & { text: string; setText: (text: string) => void };

function WordFields({ expected, change, text, setText }: WordProps) {
  const add = () => {
    const words = text.trim();
    if (words && !expected.phrases.includes(words)) change({ phrases: [...expected.phrases, words] });
    setText("");
  };
  return (
    <fieldset>
      <legend>Assistant says</legend>
      {expected.phrases.map((words) => (
        <div key={words} className="simulator-words">
          <span>{words}</span>
          <button
            type="button"
            className="ui-button ghost icon editor-tiny"
            aria-label={`Don't expect “${words}”`}
            onClick={() => change({ phrases: expected.phrases.filter((one) => one !== words) })}
          >
            <X size={12} />
          </button>
        </div>
      ))}
      <div className="ui-input editor-input">
        <input
          value={text}
          maxLength={catalog.limits.line}
          placeholder="Add a phrase"
          aria-label="Add a phrase"
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            add();
          }}
        />
        <button type="button" className="ui-button ghost icon editor-tiny" aria-label="Add phrase" onClick={add}>
          <Plus size={14} />
        </button>
      </div>
    </fieldset>
  );
}

function EndFields({ edited: { outcome, expected: original }, expected, change }: PartProps) {
  const score = outcome?.score ?? original?.score ?? null;
  const ends = outcome?.ended ?? original?.ends ?? null;
  const handsOff = outcome?.handsOff ?? original?.hands_off ?? null;
  return (
    <fieldset>
      <legend>Outcome</legend>
      {(outcome || expected.score !== null) && (
        <Check on={expected.score !== null} set={(on) => change({ score: on ? score : null })}>
          Score is {score ?? expected.score}
        </Check>
      )}
      {(outcome || expected.ends !== null) && (
        <Check on={expected.ends !== null} set={(on) => change({ ends: on ? ends : null })}>
          {ends ? "The call ends" : "The call continues"}
        </Check>
      )}
      {(outcome?.handsOff || expected.hands_off !== null) && (
        <Check on={expected.hands_off !== null} set={(on) => change({ hands_off: on ? handsOff : null })}>
          {handsOff ? "Hands off to a person" : "Doesn't hand off"}
        </Check>
      )}
    </fieldset>
  );
}

function Check({ on, set, children }: { on: boolean; set: (on: boolean) => void; children: ReactNode }) {
  return (
    <label className="simulator-check">
      <input type="checkbox" checked={on} onChange={(event) => set(event.target.checked)} />
      {children}
    </label>
  );
}
