// The conversation: what is said, what is decided between the words, and what that was decided by.
import { useEffect, useRef, useState } from "react";
import {
  ArrowUp,
  CircleAlert,
  Ellipsis,
  Mic,
  MicOff,
  Pencil,
  Phone,
  PhoneOff,
  Square,
  TriangleAlert,
} from "lucide-react";
import { Menu } from "../../components/Menu.tsx";
import { exitLabel, exitsOf, nodeOf, titleOf, TOOLS } from "../model/definition.ts";
import { NodeIcon } from "../canvas/icons.tsx";
import { HAPPENINGS } from "./simulation.ts";
import { useVoice } from "./useVoice.ts";

const ENDED = {
  goodbye: "with a good-bye",
  flow: "where the flow ends",
  silence: "because nobody spoke",
  max_duration: "because the time is up",
  caller_left: "because the caller left",
};
const VOICE = { opening: "The microphone is opened …", on: "Speak; a pause sends it", hearing: "Understanding it …" };
const OFTEN = ["silence", "gone_silent", "interrupted", "tick", "time_up", "caller_gone"];

export function Begin({ start }) {
  return (
    <div className="sim-begin">
      <p className="qv-mute">
        Call the flow as it is drawn, also before it is saved or published. Nothing of it is kept.
      </p>
      <button type="button" className="qv-btn surface" onClick={start}>
        <Phone size={16} />
        Start the call
      </button>
    </div>
  );
}

export function Talk({ call, definition }) {
  const { steps, waiting, problem, ended, state } = call;
  const list = useRef(null);
  useEffect(() => {
    list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [steps, waiting]);
  const changed = call.changed(definition) && !waiting;
  return (
    <>
      <div ref={list} className="sim-talk" role="log" aria-label="Conversation" tabIndex={0}>
        {steps.map((step, index) => (
          <Step key={index} step={step} index={index} before={steps[index - 1]} definition={definition} call={call} />
        ))}
        {waiting?.says && <div className="sim-bub me waiting">{waiting.says}</div>}
        {waiting && (
          <div className="sim-at" role="status">
            {waiting.happens ? `${HAPPENINGS[waiting.happens].name} …` : "…"}
          </div>
        )}
        {problem && (
          <div className="qv-callout red" role="alert">
            <CircleAlert size={16} />
            <div className="qv-grow">
              {problem.message}
              <div>
                <button type="button" className="qv-btn soft fl-s" onClick={call.retry}>
                  Try again
                </button>
              </div>
            </div>
          </div>
        )}
      </div>
      {changed && (
        <div className="sim-changed" role="status">
          <span className="qv-note qv-grow">The flow was changed since the call began.</span>
          <button type="button" className="qv-btn soft fl-s" onClick={call.again}>
            Lead it again
          </button>
        </div>
      )}
      {state?.handoff.status && !ended && (
        <div className="sim-changed">
          <span className="qv-note qv-grow">
            {state.handoff.status === "asked" ? "A person is looked for." : "A colleague speaks with the caller."}
          </span>
          {state.handoff.status === "asked" && (
            <button
              type="button"
              className="qv-btn soft fl-s"
              disabled={Boolean(waiting)}
              onClick={() => call.happen("operator_joins")}
            >
              Somebody comes
            </button>
          )}
          <button
            type="button"
            className="qv-btn soft fl-s"
            disabled={Boolean(waiting)}
            onClick={() => call.happen("operator_leaves")}
          >
            {state.handoff.status === "asked" ? "Nobody is free" : "Give it back"}
          </button>
        </div>
      )}
    </>
  );
}

export function Say({ call, field, start, hear }) {
  if (call.ended)
    return (
      <div className="sim-say over">
        <PhoneOff size={14} />
        <span className="qv-grow">The call is over.</span>
        <button type="button" className="qv-btn surface fl-s" onClick={start}>
          Call again
        </button>
      </div>
    );
  return <Words call={call} field={field} hear={hear} />;
}

function Words({ call, field, hear }) {
  const [text, setText] = useState("");
  // What is heard while the call goes on by itself waits in the field.
  const voice = useVoice(hear, (heard) => (call.waiting ? setText(heard) : call.say(heard, true)));
  const speaking = voice.state === "on";
  const send = (event) => {
    event.preventDefault();
    if (!text.trim() || call.waiting) return;
    call.say(text.trim());
    setText("");
  };
  return (
    <form className="sim-say" onSubmit={send}>
      {voice.problem && (
        <div className="qv-callout amber" role="alert">
          <MicOff size={16} />
          <span>{voice.problem}</span>
        </div>
      )}
      {voice.state !== "off" && (
        <div className="sim-voice">
          <span className="qv-grow" role="status">
            {VOICE[voice.state]}
          </span>
          <i className="sim-meter" aria-hidden="true">
            <b ref={voice.meter} />
          </i>
          <button type="button" className="qv-btn ghost fl-s" onClick={voice.cancel}>
            Cancel
          </button>
        </div>
      )}
      <div className="qv-input">
        <input
          ref={field}
          value={text}
          maxLength={1000}
          placeholder="Answer as the caller"
          aria-label="Answer as the caller"
          autoComplete="off"
          onChange={(event) => setText(event.target.value)}
        />
        <button
          type="button"
          className={`qv-btn icon fl-s ${speaking ? "soft" : "ghost"}`}
          aria-label={speaking ? "Send what is said" : "Speak"}
          title={speaking ? "Send what is said" : "Speak"}
          onClick={voice.press}
        >
          {speaking ? <Square size={16} /> : <Mic size={16} />}
        </button>
        <Menu label="Something else happens" className="qv-btn ghost icon fl-s" face={<Ellipsis size={16} />}>
          {OFTEN.map((happens) => (
            <button
              key={happens}
              type="button"
              role="menuitem"
              className="qv-item"
              disabled={Boolean(call.waiting)}
              onClick={() => call.happen(happens)}
            >
              {HAPPENINGS[happens].name}
            </button>
          ))}
        </Menu>
        <button
          type="submit"
          className="qv-btn solid icon"
          aria-label="Send"
          disabled={!text.trim() || Boolean(call.waiting)}
        >
          <ArrowUp size={16} />
        </button>
      </div>
    </form>
  );
}

function Step({ step, index, before, definition, call }) {
  const { turn, result } = step;
  const [editing, setEditing] = useState(null);
  let node = before?.result.state.node;
  const resend = (event) => {
    event.preventDefault();
    if (editing.trim()) call.resend(index, editing.trim());
    setEditing(null);
  };
  return (
    <>
      {turn?.says && editing === null && (
        <div className="sim-mine">
          <button
            type="button"
            className="qv-btn ghost icon fl-xs"
            aria-label={`Say something else than “${turn.says}”`}
            title="Say something else"
            disabled={Boolean(call.waiting)}
            onClick={() => setEditing(turn.says)}
          >
            <Pencil size={12} />
          </button>
          <div className="sim-bub me">
            <span className="qv-sr">The caller: </span>
            {turn.says}
            {turn.spoken && (
              <span className="sim-spoken">
                <Mic size={12} />
                spoken
              </span>
            )}
          </div>
        </div>
      )}
      {editing !== null && (
        <form className="sim-edit" onSubmit={resend}>
          <div className="qv-input area">
            <textarea
              rows={2}
              maxLength={1000}
              value={editing}
              aria-label="What the caller says instead"
              autoFocus
              onChange={(event) => setEditing(event.target.value)}
              onKeyDown={(event) => {
                if (event.key === "Enter" && !event.shiftKey) resend(event);
                if (event.key === "Escape") setEditing(null);
              }}
            />
          </div>
          <div className="qv-row">
            <span className="qv-note qv-grow">What came after it is led anew.</span>
            <button type="button" className="qv-btn ghost fl-s" onClick={() => setEditing(null)}>
              Cancel
            </button>
            <button type="submit" className="qv-btn soft fl-s">
              Send
            </button>
          </div>
        </form>
      )}
      {turn?.happens && <div className="sim-at happened">{HAPPENINGS[turn.happens].name}</div>}
      {result.actions.map((action, place) => {
        if (action.type !== "enter") return <Action key={place} action={action} definition={definition} />;
        const arrived = nodeOf(definition, action.to);
        const line = (
          <At
            key={place}
            node={arrived}
            id={action.to}
            definition={definition}
            edge={action.edge}
            again={node === action.to && !action.edge}
          />
        );
        node = action.to;
        return line;
      })}
      <Reasons result={result} />
    </>
  );
}

function At({ node, id, definition, edge }) {
  const way = definition.edges.find((one) => one.id === edge);
  return (
    <div className="sim-at">
      {node && <NodeIcon type={node.type} outcome={node.outcome} size={12} />}
      <span className="qv-clip">{node ? titleOf(node) : id}</span>
      {way && <span className="end qv-clip">{exitLabel(way, exitsOf(definition, way.source).length === 1)}</span>}
    </div>
  );
}

const names = (list) => list.join(", ");

const called = (id, definition) => {
  const way = definition.edges.find((edge) => edge.id === id);
  return way ? exitLabel(way) : definition.rules.scores.find((rule) => rule.id === id)?.reason || id;
};
const asked = (options, definition) =>
  options.length === 1 ? `Is “${called(options[0].id, definition)}” meant?` : `Which of ${options.length} is meant?`;

// What was decided, in a line; what is said, as it was worded.
function Action({ action, definition }) {
  const words = {
    classify: () => asked([...action.options, ...action.signals], definition),
    extract: () => `Listens for ${names(action.variables)}`,
    answer: () => !action.said && "Looks it up, and finds nothing",
    web_search: () => "Searches the web",
    use_tool: () => `Uses “${TOOLS[action.tool] || action.tool}”`,
    collect: () => (
      <>
        Notes <b>{action.variable}</b>: {action.value === null ? "taken back" : valueText(action.value)}
      </>
    ),
    score: () => (
      <>
        <b>{action.points > 0 ? `+${action.points}` : action.points}</b> {action.reason}
      </>
    ),
    hand_off: () => `Looks for a person: ${action.reason}`,
    end_call: () => `The call ends ${ENDED[action.reason]}`,
  }[action.type]?.();
  return (
    <>
      {action.said && (
        <div className="sim-bub ai">
          <span className="qv-sr">The assistant: </span>
          {action.said}
        </div>
      )}
      {words && <div className={`sim-did ${action.type}`}>{words}</div>}
    </>
  );
}

export const valueText = (value) => (value === true ? "yes" : value === false ? "no" : String(value));
const meant = (considered) => {
  const chosen = considered.filter((one) => one.chosen).map(({ label }) => label);
  if (chosen.length) return `Meant: ${names(chosen)}`;
  return considered.length === 1 ? `Not meant: ${considered[0].label}` : `None of ${considered.length} was meant`;
};
const percent = (score) => `${Math.round(score * 100)} %`;

// What the step was decided by: passages, what was considered, what did not work, how long it took.
function Reasons({ result }) {
  const { passages, considered, problems, timings } = result;
  const best = Math.max(0, ...passages.map(({ score }) => score));
  return (
    <>
      {problems.map(({ component, message }) => (
        <div key={component} className="sim-did problem">
          <TriangleAlert size={12} />
          <span>
            <b>{component}</b> {message}
          </span>
        </div>
      ))}
      {passages.length > 0 && (
        <details className="sim-more">
          <summary>
            {passages.length === 1 ? "One passage" : `${passages.length} passages`}, the best {best.toFixed(2)}
          </summary>
          <ul>
            {passages.map((passage) => (
              <li key={`${passage.source} ${passage.text}`} className={passage.used ? "" : "unused"}>
                <span className="qv-row">
                  <b className="qv-clip qv-grow">{passage.source}</b>
                  <span>{passage.used ? "used" : "not used"}</span>
                  <Measure value={passage.score} />
                </span>
                {passage.text}
              </li>
            ))}
          </ul>
        </details>
      )}
      {considered.length > 0 && (
        <details className="sim-more">
          <summary>{meant(considered)}</summary>
          <ul>
            {considered.map(({ id, label, score, chosen }) => (
              <li key={id} className={chosen ? "" : "unused"}>
                <span className="qv-row">
                  <span className="qv-clip qv-grow">{label}</span>
                  <span>{chosen ? "chosen" : ""}</span>
                  <Measure value={score} />
                </span>
              </li>
            ))}
          </ul>
        </details>
      )}
      <div className="qv-sr">It took {Math.round(timings.total)} ms.</div>
    </>
  );
}

function Measure({ value }) {
  return (
    <span className="sim-measure">
      <i className="sim-meter" aria-hidden="true">
        <b style={{ width: percent(Math.min(1, value)) }} />
      </i>
      <span className="qv-num">{value.toFixed(2)}</span>
    </span>
  );
}
