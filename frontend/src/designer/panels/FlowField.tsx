// Fields of a panel: which problem is theirs, and what of the history is one step.
import { createContext, useContext, useEffect, useRef, type ReactNode } from "react";
import type { FlowProblem } from "../../api/schema.ts";
import { Field, type Control } from "../../components/Field.tsx";
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
    <div id={id} className={problem.severity === "error" ? "ui-error" : "ui-error amber"}>
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

/** isUncommitted: the field has a text that counts when it is left. */
export function useUncommitted(isUncommitted: boolean) {
  const store = useFlowStore();
  useEffect(() => {
    if (!isUncommitted) return undefined;
    store.getState().setUncommitted(true);
    return () => store.getState().setUncommitted(false);
  }, [isUncommitted, store]);
}

export interface LabelProps {
  label: string;
  /** The path that problems name. */
  field?: string;
  hint?: string;
}
interface FlowFieldProps extends LabelProps {
  aside?: ReactNode;
  children: (control: Control, problem: FlowProblem | undefined, labelId: string) => ReactNode;
  group?: boolean;
}

/** A field of a flow, which shows the problem that the checks have found with it. */
export function FlowField({ field, children, ...props }: FlowFieldProps) {
  const problem = useProblem(field);
  return (
    <Field
      {...props}
      path={field}
      message={problem && `${problem.message} ${problem.remedy}`}
      invalid={problem?.severity === "error"}
    >
      {(control, labelId) => children(control, problem, labelId)}
    </Field>
  );
}
