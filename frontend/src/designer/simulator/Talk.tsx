// The conversation: what is said, and what is decided between the words.
import { useEffect, useRef } from "react";
import { CircleAlert, Phone } from "lucide-react";
import type { FlowDefinition } from "../model/flow.ts";
import { EVENTS } from "./simulation.ts";
import { Step } from "./Step.tsx";
import type { Simulation } from "./useSimulation.ts";

export function Begin({ start }: { start: () => void }) {
  return (
    <div className="simulator-begin">
      <p className="ui-muted">Try the current draft, even before you save or publish it. Nothing is recorded.</p>
      <button type="button" className="ui-button surface" onClick={start}>
        <Phone size={16} />
        Start call
      </button>
    </div>
  );
}

export function Talk({ call, definition }: { call: Simulation; definition: FlowDefinition }) {
  const { steps, waiting, problem, ended, state } = call;
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [steps, waiting]);
  const hasChanged = call.changed(definition) && !waiting;
  return (
    <>
      <div ref={list} className="simulator-talk" role="log" aria-label="Conversation" tabIndex={0}>
        {steps.map((step, index) => (
          <Step key={index} step={step} index={index} definition={definition} call={call} />
        ))}
        {waiting?.says && <div className="simulator-bubble me waiting">{waiting.says}</div>}
        {waiting && (
          <div className="simulator-at" role="status">
            {waiting.happens ? `${EVENTS[waiting.happens].label}…` : "…"}
          </div>
        )}
        {problem && (
          <div className="ui-callout red" role="alert">
            <CircleAlert size={16} />
            <div className="ui-grow">
              {problem.message}
              <div>
                <button type="button" className="ui-button soft editor-small" onClick={call.retry}>
                  Try again
                </button>
              </div>
            </div>
          </div>
        )}
      </div>
      {hasChanged && (
        <div className="simulator-changed" role="status">
          <span className="ui-note ui-grow">The flow has changed since this call started.</span>
          <button type="button" className="ui-button soft editor-small" onClick={call.again}>
            Replay
          </button>
        </div>
      )}
      {state?.handoff.status && !ended && <Handoff call={call} handoff={state.handoff.status} />}
    </>
  );
}

function Handoff({ call, handoff }: { call: Simulation; handoff: "requested" | "active" }) {
  const waiting = Boolean(call.waiting);
  const looking = handoff === "requested";
  return (
    <div className="simulator-changed">
      <span className="ui-note ui-grow">
        {looking ? "Looking for a person." : "A team member is talking to the caller."}
      </span>
      {looking && (
        <button
          type="button"
          className="ui-button soft editor-small"
          disabled={waiting}
          onClick={() => call.happen("operator_joins")}
        >
          Someone joins
        </button>
      )}
      <button
        type="button"
        className="ui-button soft editor-small"
        disabled={waiting}
        onClick={() => call.happen("operator_leaves")}
      >
        {looking ? "Nobody is available" : "Hand back"}
      </button>
    </div>
  );
}
