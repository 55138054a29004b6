// Keeps a call as a case of its campaign's flow, as the designer does, and says what became of it.
// Children: what else can be done with the call.
import { useState, type ReactNode } from "react";
import { Link } from "react-router";
import { Check, CircleAlert, CircleCheck, FilePlus2, TriangleAlert } from "lucide-react";
import { request, Problem, asProblem, type ProblemCode } from "../api/client.ts";
import type { CaseOfCall } from "../api/schema.ts";

const WORDS: Partial<Record<ProblemCode, string>> = {
  campaign_not_found: "This call's campaign was deleted. Restore it to save the call as a test case.",
};

export function SaveCase({
  call,
  campaign,
  designer,
  offered,
  children,
}: {
  call: string;
  campaign: string;
  designer: string;
  offered: boolean;
  children: ReactNode;
}) {
  const [busy, setBusy] = useState(false);
  const [savedCase, setSavedCase] = useState<CaseOfCall | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const save = async () => {
    if (busy || savedCase) return;
    setBusy(true);
    setProblem(null);
    try {
      setSavedCase(
        await request<CaseOfCall>("POST", `/api/flows/${encodeURIComponent(campaign)}/cases/from-call`, {
          body: { call_id: call },
        }),
      );
    } catch (error) {
      setProblem(asProblem(error));
    }
    setBusy(false);
  };
  const Face = savedCase ? Check : FilePlus2;
  return (
    <>
      <div className="tools">
        {offered && (
          <button
            type="button"
            className={`ui-button surface ${busy ? "busy" : ""}`}
            aria-disabled={busy || Boolean(savedCase)}
            onClick={save}
            title="The caller’s words become a test case for the flow. Contact details are replaced with sample data."
          >
            <Face size={16} aria-hidden />
            {savedCase ? "Saved as test case" : "Save as test case"}
          </button>
        )}
        {children}
      </div>
      <div role="status" className="calls-told">
        {problem && (
          <div className="ui-callout red">
            <CircleAlert size={16} aria-hidden />
            <p>{WORDS[problem.code] || problem.message}</p>
          </div>
        )}
        {savedCase && <SavedCase savedCase={savedCase} designer={designer} />}
      </div>
    </>
  );
}

function SavedCase({ savedCase: { name, result }, designer }: { savedCase: CaseOfCall; designer: string }) {
  const Sign = result.ok ? CircleCheck : TriangleAlert;
  return (
    <div className={`ui-callout ${result.ok ? "green" : "amber"}`}>
      <Sign size={16} aria-hidden />
      <p>
        Saved as “{name}”.{" "}
        {result.ok
          ? "The current draft handles it the same way."
          : `The current draft handles it differently: ${result.why.join(" ")}`}
      </p>
      <Link to={designer} className="ui-button surface">
        Open designer
      </Link>
    </div>
  );
}
