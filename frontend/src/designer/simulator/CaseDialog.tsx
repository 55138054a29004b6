// A case to save: the conversation, and what is expected of it; filled with what happened, for its author to choose from.
import { useState } from "react";
import { Plus, X } from "lucide-react";
import { Dialog } from "../../components/Dialog.tsx";
import { Trouble } from "../../components/Form.tsx";
import { nodeOf, titleOf } from "../model/definition.ts";
import { HAPPENINGS } from "./simulation.ts";
import { valueText } from "./Talk.tsx";

const LONGEST = 200; // characters of words that have to be said

// What of a text is worth expecting: its first sentence.
const sentence = (text) => (text.match(/^.*?[.!?](?=\s|$)/)?.[0] || text).slice(0, LONGEST);
const repeats = (list) => list.filter((one, place) => one !== list[place - 1]);

// wanted: a case of the server; with `met`, what happened, when it is new.
function expectedOf({ met, expected }) {
  if (!met)
    return {
      path: expected.path,
      variables: expected.variables,
      score: expected.score,
      said: expected.said,
      ends: expected.ends,
      hands_off: expected.hands_off,
    };
  return {
    path: repeats(met.path),
    variables: met.values,
    score: met.score,
    said: met.said.slice(-1).map(sentence),
    ends: met.ended,
    hands_off: met.handsOff || null,
  };
}

export function CaseDialog({ wanted, definition, kept, onClose, onSaved }) {
  const [name, setName] = useState(wanted.name || wanted.turns.find(({ says }) => says)?.says.slice(0, 60) || "");
  const [expected, setExpected] = useState(() => expectedOf(wanted));
  const [turns, setTurns] = useState(wanted.turns);
  const [said, setSaid] = useState("");
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const change = (changes) => setExpected({ ...expected, ...changes });
  const values = Object.entries({ ...(wanted.met?.values || {}), ...expected.variables });
  const path = wanted.met ? repeats(wanted.met.path) : wanted.expected.path;

  const addSaid = () => {
    if (said.trim() && !expected.said.includes(said.trim())) change({ said: [...expected.said, said.trim()] });
    setSaid("");
  };
  const save = async (event) => {
    event.preventDefault();
    if (!name.trim() || busy) return;
    setBusy(true);
    setProblem(null);
    const { id, met: _met, expected: before, ...body } = wanted;
    try {
      const words = said.trim() ? [...expected.said, said.trim()] : expected.said;
      await kept.save(id, { ...body, name: name.trim(), turns, expected: { ...before, ...expected, said: words } });
      onSaved();
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };
  const without = (key) => {
    const { [key]: _, ...others } = expected.variables;
    return others;
  };

  return (
    <Dialog open title={wanted.id ? "Edit the case" : "Save as a case"} onDismiss={onClose}>
      <form className="sim-case" onSubmit={save}>
        {problem && <Trouble problem={problem} />}
        <div className="qv-field">
          <label htmlFor="sim-case-name">Name</label>
          <div className="qv-input">
            <input
              id="sim-case-name"
              data-first
              value={name}
              maxLength={120}
              required
              onChange={(event) => setName(event.target.value)}
            />
          </div>
        </div>
        <fieldset>
          <legend>The caller</legend>
          <ol>
            {turns.map((turn, index) => (
              <li key={index}>
                {turn.happens ? (
                  <span className="qv-note">{HAPPENINGS[turn.happens].name}</span>
                ) : (
                  <div className="qv-input fl-input">
                    <input
                      aria-label={`Turn ${index + 1}`}
                      value={turn.says}
                      maxLength={4000}
                      onChange={(event) =>
                        setTurns(
                          turns.map((one, place) => (place === index ? { ...one, says: event.target.value } : one)),
                        )
                      }
                    />
                  </div>
                )}
              </li>
            ))}
            {!turns.length && <li className="qv-note">Says nothing.</li>}
          </ol>
        </fieldset>
        <fieldset>
          <legend>Comes to these nodes, in this order</legend>
          {path.map((id, place) => (
            <label key={`${id}-${place}`} className="sim-check">
              <input
                type="checkbox"
                checked={chosen(expected.path, path, place)}
                onChange={(event) => change({ path: choose(expected.path, path, place, event.target.checked) })}
              />
              {nodeOf(definition, id) ? titleOf(nodeOf(definition, id)) : id}
            </label>
          ))}
        </fieldset>
        {values.length > 0 && (
          <fieldset>
            <legend>Knows</legend>
            {values.map(([key, value]) => (
              <label key={key} className="sim-check">
                <input
                  type="checkbox"
                  checked={key in expected.variables}
                  onChange={(event) =>
                    change({ variables: event.target.checked ? { ...expected.variables, [key]: value } : without(key) })
                  }
                />
                <span>
                  <b>{key}</b> {value === null ? "not known" : valueText(value)}
                </span>
              </label>
            ))}
          </fieldset>
        )}
        <fieldset>
          <legend>Says, among other things</legend>
          {expected.said.map((words) => (
            <div key={words} className="sim-words">
              <span>{words}</span>
              <button
                type="button"
                className="qv-btn ghost icon fl-xs"
                aria-label={`Do not expect “${words}”`}
                onClick={() => change({ said: expected.said.filter((one) => one !== words) })}
              >
                <X size={12} />
              </button>
            </div>
          ))}
          <div className="qv-input fl-input">
            <input
              value={said}
              maxLength={LONGEST}
              placeholder="Words that have to be said"
              aria-label="Words that have to be said"
              onChange={(event) => setSaid(event.target.value)}
              onKeyDown={(event) => {
                if (event.key !== "Enter") return;
                event.preventDefault();
                addSaid();
              }}
            />
            <button type="button" className="qv-btn ghost icon fl-xs" aria-label="Expect these words" onClick={addSaid}>
              <Plus size={14} />
            </button>
          </div>
        </fieldset>
        <fieldset>
          <legend>In the end</legend>
          {(wanted.met || expected.score !== null) && (
            <Given
              label={`Score of ${wanted.met?.score ?? expected.score}`}
              on={expected.score !== null}
              set={(on) => change({ score: on ? (wanted.met?.score ?? wanted.expected.score) : null })}
            />
          )}
          {(wanted.met || expected.ends !== null) && (
            <Given
              label={(wanted.met?.ended ?? wanted.expected?.ends) ? "The call is over" : "The call goes on"}
              on={expected.ends !== null}
              set={(on) => change({ ends: on ? (wanted.met?.ended ?? wanted.expected.ends) : null })}
            />
          )}
          {(wanted.met?.handsOff || expected.hands_off !== null) && (
            <Given
              label={
                (wanted.met?.handsOff ?? wanted.expected?.hands_off) ? "A person is asked for" : "Nobody is asked for"
              }
              on={expected.hands_off !== null}
              set={(on) => change({ hands_off: on ? (wanted.met?.handsOff ?? wanted.expected.hands_off) : null })}
            />
          )}
        </fieldset>
        <div className="qv-actions end">
          <button type="button" className="qv-btn ghost mid" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className={`qv-btn solid mid ${busy ? "busy" : ""}`} disabled={!name.trim()}>
            Save
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function Given({ label, on, set }) {
  return (
    <label className="sim-check">
      <input type="checkbox" checked={on} onChange={(event) => set(event.target.checked)} />
      {label}
    </label>
  );
}

// Which places of the whole path are in the chosen one: the same node may be met twice.
function places(picked, path) {
  const found = [];
  for (const id of picked) {
    const at = path.findIndex((one, place) => one === id && place > (found.at(-1) ?? -1));
    if (at >= 0) found.push(at);
  }
  return found;
}
const chosen = (picked, path, place) => places(picked, path).includes(place);
const choose = (picked, path, place, on) => {
  const all = new Set(places(picked, path));
  if (on) all.add(place);
  else all.delete(place);
  return path.filter((_, at) => all.has(at));
};
