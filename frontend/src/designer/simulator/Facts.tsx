// What the call has found out, and the points with their reasons.
import { valueText } from "./simulation.ts";
import type { Simulation } from "./useSimulation.ts";
import type { FlowDefinition } from "../model/flow.ts";

const FULL = 100; // points that fill the meter

export function Facts({ definition, call }: { definition: FlowDefinition; call: Simulation }) {
  const { state, steps } = call;
  const last = steps.at(-1);
  if (!state || !last) return null;
  const { total, reasons } = last.result.score;
  const visibleVariables = definition.variables.filter(
    ({ name }) => name in state.slots.values || name === state.slots.asking,
  );
  const knownCount = definition.variables.filter(({ name }) => name in state.slots.values).length;
  return (
    <>
      {definition.variables.length > 0 && (
        <section className="simulator-facts" aria-label="Variables">
          <div className="ui-row">
            <h3>Variables</h3>
            <span className="end ui-note">
              {knownCount} of {definition.variables.length} known
            </span>
          </div>
          {visibleVariables.length > 0 && (
            <dl>
              {visibleVariables.map(({ name }) => (
                <div key={name}>
                  <dt className="ui-clip">{name}</dt>
                  {name in state.slots.values ? (
                    <dd className="ui-clip" title={valueText(state.slots.values[name])}>
                      {valueText(state.slots.values[name])}
                    </dd>
                  ) : (
                    <dd className="asking">asking</dd>
                  )}
                  <dd className="ui-note">
                    {name in state.slots.set_at_turn
                      ? state.slots.set_at_turn[name]
                        ? `turn ${state.slots.set_at_turn[name]}`
                        : "before call"
                      : ""}
                  </dd>
                </div>
              ))}
            </dl>
          )}
        </section>
      )}
      {(definition.rules.scores.length > 0 || total !== 0) && (
        <section className="simulator-facts" aria-label="Score">
          <div className="ui-row">
            <h3>Score</h3>
            <span className={`simulator-score end ${total >= 70 ? "hot" : total >= 40 ? "mid" : ""}`}>{total}</span>
          </div>
          {reasons.length > 0 && (
            <ul className="simulator-why">
              {reasons.map(({ rule, points, reason }) => (
                <li key={rule}>
                  <b>{points > 0 ? `+${points}` : points}</b> {reason}
                </li>
              ))}
            </ul>
          )}
          <div className="simulator-meter" aria-hidden="true">
            <b style={{ width: `${Math.max(0, Math.min(FULL, total))}%` }} />
          </div>
        </section>
      )}
    </>
  );
}
