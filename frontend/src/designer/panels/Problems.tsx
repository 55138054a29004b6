// What keeps the flow from being published, and what is worth a look; each leads to where it is.
import { CircleAlert, CircleCheck, CircleDashed, TriangleAlert, X } from "lucide-react";
import { catalog } from "../../generated/catalog.ts";
import { exitLabel, nodeName, nodeOf, titleOf } from "../model/definition.ts";
import { useFlow, useFlowStore } from "../state/context.ts";
import type { FlowProblem } from "../../api/schema.ts";
import type { Place } from "../model/search.ts";
import type { FlowDefinition } from "../model/flow.ts";

const plural = (count: number, word: string) => `${count} ${word}${count === 1 ? "" : "s"}`;

/** Where a problem is, as the store shows it. */
export const placeOf = ({ node, edge, field }: FlowProblem): Place => ({
  node: node ?? undefined,
  edge: edge ?? undefined,
  field: field ?? undefined,
});

interface Counts {
  errors: number;
  warnings: number;
}

export const countsOf = (problems: FlowProblem[]): Counts => {
  const errors = problems.filter(({ severity }) => severity === "error").length;
  return { errors, warnings: problems.length - errors };
};

/** isUnfinished: what is new has errors that don't count yet. */
function wordsOf({ errors, warnings }: Counts, isUnfinished = false) {
  if (!errors && !warnings) return isUnfinished ? "Unfinished" : "No problems";
  return [errors && plural(errors, "error"), warnings && plural(warnings, "warning")].filter(Boolean).join(", ");
}

function placeName(definition: FlowDefinition, { node, edge, field }: FlowProblem) {
  const exit = definition.edges.find(({ id }) => id === edge);
  const place = nodeOf(definition, node || exit?.source || "");
  if (exit) return `${nodeName(definition, exit.source)}: ${exitLabel(exit)}`;
  return place
    ? titleOf(place)
    : (field || "The flow").split(/[.[]/)[0].replace(/^./, (letter) => letter.toUpperCase());
}

export function ProblemBadge({ open, toggle }: { open: boolean; toggle: () => void }) {
  const counts = useFlow((state) => JSON.stringify(countsOf(state.problems)));
  const { errors, warnings } = JSON.parse(counts);
  const isUnfinished = useFlow((state) => !errors && countsOf(state.allProblems).errors > 0);
  const words = wordsOf({ errors, warnings }, isUnfinished);
  const tone = errors ? "red" : warnings ? "amber" : isUnfinished ? "" : "green";
  const Icon = errors ? CircleAlert : warnings ? TriangleAlert : isUnfinished ? CircleDashed : CircleCheck;
  return (
    <button
      type="button"
      className={`ui-badge editor-problems-button ${tone}`}
      aria-expanded={open}
      aria-label={words}
      title="Problems (P)"
      onClick={toggle}
    >
      <Icon size={14} />
      <span className="long">{words}</span>
      {errors + warnings > 0 && <span className="short">{errors || warnings}</span>}
    </button>
  );
}

export function ProblemItems({
  problems,
  onShow,
}: {
  problems: FlowProblem[];
  onShow: (problem: FlowProblem) => void;
}) {
  const definition = useFlow((state) => state.definition);
  return (
    <ul className="editor-problems-list">
      {problems.map((problem, index) => (
        <li key={`${problem.code} ${problem.node} ${problem.edge} ${problem.field} ${index}`}>
          <button type="button" onClick={() => onShow(problem)}>
            {problem.severity === "error" ? (
              <CircleAlert size={16} className="red" aria-label="Error" />
            ) : (
              <TriangleAlert size={16} className="amber" aria-label="Warning" />
            )}
            <span className="ui-column">
              <span>
                <b>{catalog.flowProblems[problem.code]?.title}</b>
                <span className="ui-note">{placeName(definition, problem)}</span>
              </span>
              <span>{problem.message}</span>
              {problem.remedy && <span className="ui-note">{problem.remedy}</span>}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

export function ProblemList({ close, onShow }: { close: () => void; onShow: (problem: FlowProblem) => void }) {
  const store = useFlowStore();
  const problems = useFlow((state) => state.problems);
  return (
    <aside className="editor-float editor-problems" aria-label="Problems">
      <header>
        <h2 className="ui-grow">{wordsOf(countsOf(problems))}</h2>
        <button type="button" className="ui-button ghost icon editor-small" aria-label="Close problems" onClick={close}>
          <X size={16} />
        </button>
      </header>
      {problems.length === 0 ? (
        <p className="ui-muted">This flow is ready to publish.</p>
      ) : (
        <ProblemItems
          problems={problems}
          onShow={(problem) => {
            store.getState().show(placeOf(problem));
            onShow?.(problem);
          }}
        />
      )}
    </aside>
  );
}
