// What a step was decided by: passages, what was considered, what did not work, how long it took.
import { TriangleAlert } from "lucide-react";
import type { CandidateOption, SimulationResult } from "../../api/schema.ts";

function classification(candidates: CandidateOption[]) {
  const chosen = candidates.filter((one) => one.chosen).map(({ label }) => label);
  if (chosen.length) return `Intent: ${chosen.join(", ")}`;
  return candidates.length === 1 ? `No match: ${candidates[0].label}` : `None of ${candidates.length} matched`;
}
const percent = (score: number) => `${Math.round(score * 100)} %`;

export function Reasons({ result }: { result: SimulationResult }) {
  const { passages, candidates, problems, timings } = result;
  const best = Math.max(0, ...passages.map(({ score }) => score));
  return (
    <>
      {problems.map(({ component, message }) => (
        <div key={component} className="simulator-did problem">
          <TriangleAlert size={12} />
          <span>
            <b>{component}</b> {message}
          </span>
        </div>
      ))}
      {passages.length > 0 && (
        <details className="simulator-more">
          <summary>
            {passages.length === 1 ? "1 passage" : `${passages.length} passages`}, best match {best.toFixed(2)}
          </summary>
          <ul>
            {passages.map((passage) => (
              <li key={`${passage.source} ${passage.text}`} className={passage.used ? "" : "unused"}>
                <span className="ui-row">
                  <b className="ui-clip ui-grow">{passage.source}</b>
                  <span>{passage.used ? "used" : "not used"}</span>
                  <Measure value={passage.score} />
                </span>
                {passage.text}
              </li>
            ))}
          </ul>
        </details>
      )}
      {candidates.length > 0 && (
        <details className="simulator-more">
          <summary>{classification(candidates)}</summary>
          <ul>
            {candidates.map(({ id, label, score, chosen }) => (
              <li key={id} className={chosen ? "" : "unused"}>
                <span className="ui-row">
                  <span className="ui-clip ui-grow">{label}</span>
                  <span>{chosen ? "chosen" : ""}</span>
                  <Measure value={score} />
                </span>
              </li>
            ))}
          </ul>
        </details>
      )}
      <div className="ui-screen-reader">Took {Math.round(timings.total)} ms.</div>
    </>
  );
}

function Measure({ value }: { value: number }) {
  return (
    <span className="simulator-measure">
      <i className="simulator-meter" aria-hidden="true">
        <b style={{ width: percent(Math.min(1, value)) }} />
      </i>
      <span className="ui-number">{value.toFixed(2)}</span>
    </span>
  );
}
