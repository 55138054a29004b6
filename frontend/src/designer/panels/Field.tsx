// One field of a panel: its label, its control, and what is wrong with it.
import { createContext, useContext, useEffect, useId, useRef, type ReactNode } from "react";
import type { FlowProblem } from "../../api/schema.ts";
import { useFlow, useFlowStore } from "../state/context.ts";

/** Which node or edge the fields below belong to; problems of the flow itself belong to neither. */
export const Scope = createContext<{ node?: string; edge?: string }>({});

export function useProblem(field: string | undefined): FlowProblem | undefined {
  const { node, edge } = useContext(Scope);
  const inScope = (problem: FlowProblem) => {
    if (node) return problem.node === node && !problem.edge;
    return edge ? problem.edge === edge : !problem.node && !problem.edge;
  };
  return useFlow(({ problems }) =>
    field
      ? problems.find(
          (problem) => inScope(problem) && (problem.field === field || problem.field?.startsWith(`${field}.`)),
        )
      : undefined,
  );
}

export function FieldProblem({ problem, id }: { problem: FlowProblem | undefined; id?: string }) {
  if (!problem) return null;
  return (
    <div id={id} className={problem.severity === "error" ? "qv-error" : "qv-error amber"}>
      {problem.message} {problem.remedy}
    </div>
  );
}

/** Handlers of a control: while it has the focus, all edits are one step of the history. */
export function useStep() {
  const store = useFlowStore();
  const open = useRef(false);
  useEffect(
    () => () => {
      if (open.current) store.getState().end();
    },
    [store],
  );
  return {
    onFocus: () => {
      open.current = true;
      store.getState().begin();
    },
    onBlur: () => {
      if (open.current) store.getState().end();
      open.current = false;
    },
  };
}

export interface Control {
  id: string;
  "aria-invalid": true | undefined;
  "aria-describedby": string | undefined;
}
export interface LabelProps {
  label: string;
  /** The path that problems name. */
  field?: string;
  hint?: string;
}
interface FieldProps extends LabelProps {
  aside?: ReactNode;
  children: (control: Control, problem: FlowProblem | undefined, labelId: string) => ReactNode;
  /** Whether the label stands for several controls, which then name it themselves. */
  group?: boolean;
}

export function Field({ label, field, hint, aside, group = false, children }: FieldProps) {
  const id = useId();
  const problem = useProblem(field);
  const control: Control = {
    id,
    "aria-invalid": problem?.severity === "error" || undefined,
    "aria-describedby": problem || hint ? `${id}-more` : undefined,
  };
  return (
    <div className="qv-field" data-field={field}>
      <div className="fl-label">
        {group ? <span id={`${id}-label`}>{label}</span> : <label htmlFor={id}>{label}</label>}
        {aside}
      </div>
      {children(control, problem, `${id}-label`)}
      {problem ? (
        <FieldProblem problem={problem} id={`${id}-more`} />
      ) : (
        hint && (
          <div id={`${id}-more`} className="qv-note">
            {hint}
          </div>
        )
      )}
    </div>
  );
}
