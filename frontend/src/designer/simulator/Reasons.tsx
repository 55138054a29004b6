// What a step was decided by: passages, what was considered, what did not work, how long it took.
import { TriangleAlert } from "lucide-react";
import type { SimulationResult } from "../../api/schema.ts";
import { classificationOf } from "./simulation.ts";

const percent = (score: number) => `${Math.round(score * 100)} %`;

export function Reasons({ result }: { result: SimulationResult }) {
  const { passages, candidates, problems, timings } = result;
  const classified = classificationOf(result);
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
          <summary>{classified.summary}</summary>
          <ul>
            {candidates.map(({ id, label, score }) => (
              <li key={id} className={classified.followed.has(id) ? "" : "unused"}>
                <span className="ui-row">
                  <span className="ui-clip ui-grow">{label}</span>
                  <span>{classified.followed.has(id) ? "followed" : ""}</span>
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
