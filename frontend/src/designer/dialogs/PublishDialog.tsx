// Before it goes live: what is wrong, what the saved cases say, and a word for those who come after.
import { catalog } from "../../generated/catalog.ts";
import { useEffect, useState, type FormEvent } from "react";
import { CircleAlert, CircleCheck, CircleX } from "lucide-react";
import { Dialog } from "../../components/Dialog.tsx";
import { useFlow, useFlowStore } from "../state/context.ts";
import { ProblemItems, countsOf, placeOf } from "../panels/Problems.tsx";
import { Problem, asProblem } from "../../api/client.ts";
import { ErrorMessage } from "../../components/ErrorMessage.tsx";
import { Differences } from "./Differences.tsx";
import type { Published } from "../EditorDialogs.tsx";
import type { FlowApi } from "../state/api.ts";
import { Saver } from "../state/saving.ts";
import type { CaseResult, DraftConflict, FlowProblem, Version } from "../../api/schema.ts";

const UNSAVED = "Your latest changes aren't saved yet. Close this dialog and try again.";

export function PublishDialog({
  api,
  saver,
  published,
  onClose,
  onPublished,
}: {
  api: FlowApi;
  saver: Saver;
  published: Published;
  onClose: () => void;
  onPublished: (version: number, versions: Version[] | null) => void;
}) {
  const store = useFlowStore();
  const problems = useFlow((state) => state.problems);
  const { next: number } = published;
  const [note, setNote] = useState("");
  const [ready, setReady] = useState(false);
  const [cases, setCases] = useState<CaseResult[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const { errors, warnings } = countsOf(problems);

  useEffect(() => {
    let current = true;
    const prepare = async () => {
      if (!(await saver.settle())) throw new Problem(0, { detail: UNSAVED });
      if (current) setReady(true);
      const result = await api.test();
      if (current) setCases(result.cases);
    };
    prepare().catch((error) => current && setProblem(asProblem(error)));
    return () => {
      current = false;
    };
  }, [api, saver]);

  const publish = async (event: FormEvent) => {
    event.preventDefault();
    if (busy || errors || !ready) return;
    setBusy(true);
    setProblem(null);
    try {
      const { version } = await api.publish({ revision: store.getState().revision, note: note.trim() });
      const flow = await api.load().catch(() => null);
      onPublished(version, flow?.versions ?? null);
    } catch (error) {
      const failure = asProblem(error);
      const { problems: newProblems } = failure.body as { problems?: FlowProblem[] };
      if (failure.status === 422 && newProblems) store.getState().setProblems(newProblems);
      if (failure.status === 409) saver.conflict(failure.body as DraftConflict);
      setProblem(failure);
      setBusy(false);
    }
  };
  const show = (problem: FlowProblem) => {
    onClose();
    store.getState().show(placeOf(problem));
  };

  return (
    <Dialog open title={`Publish v${number}`} onDismiss={onClose}>
      <form className="editor-publish" onSubmit={publish}>
        {problem && <ErrorMessage problem={problem} />}
        <CheckSummary errors={errors} warnings={warnings} />
        {problems.length > 0 && <ProblemItems problems={problems} onShow={show} />}
        <Cases cases={cases} waiting={!problem} />
        <Changes published={published} />
        <NoteField note={note} set={setNote} />
        <p className="ui-note">Calls in progress keep their version. New calls use this one.</p>
        <div className="ui-actions end">
          <button type="button" className="ui-button ghost mid" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className={`ui-button solid mid ${busy ? "busy" : ""}`} disabled={errors > 0 || !ready}>
            Publish v{number}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function CheckSummary({ errors, warnings }: { errors: number; warnings: number }) {
  return (
    <>
      {errors > 0 && (
        <div className="ui-callout red">
          <CircleAlert size={16} />
          <span>{errors === 1 ? "Fix 1 error" : `Fix ${errors} errors`} to publish.</span>
        </div>
      )}
      {!errors && !warnings && (
        <div className="ui-callout green">
          <CircleCheck size={16} />
          <span>No problems found.</span>
        </div>
      )}
    </>
  );
}

function Changes({ published: { live, definition } }: { published: Published }) {
  const draft = useFlow((state) => state.definition);
  if (!live || !definition) return null;
  return (
    <details className="editor-more">
      <summary>Changes since v{live}</summary>
      <Differences before={definition} after={draft} none="No changes." />
    </details>
  );
}

function NoteField({ note, set }: { note: string; set: (note: string) => void }) {
  return (
    <div className="ui-field">
      <label htmlFor="editor-publish-note">What's new (optional)</label>
      <div className="ui-input area">
        <textarea
          id="editor-publish-note"
          rows={2}
          maxLength={catalog.maxLength.Publish.note}
          value={note}
          onChange={(event) => set(event.target.value)}
        />
      </div>
    </div>
  );
}

function Cases({ cases, waiting }: { cases: CaseResult[] | null; waiting: boolean }) {
  if (!cases)
    return waiting ? (
      <p className="ui-note" role="status">
        Running test cases…
      </p>
    ) : null;
  const broken = cases.filter(({ ok }) => !ok);
  if (!cases.length)
    return <p className="ui-note">No test cases yet. Save a conversation in the simulator to create one.</p>;
  return (
    <section aria-label="Test cases">
      <div className={`ui-callout ${broken.length ? "amber" : "green"}`}>
        {broken.length ? <CircleX size={16} /> : <CircleCheck size={16} />}
        <span>
          {broken.length
            ? `${broken.length} of ${cases.length} test cases failed.`
            : cases.length === 1
              ? "The test case passed."
              : `All ${cases.length} test cases passed.`}
        </span>
      </div>
      {broken.length > 0 && (
        <ul className="editor-cases">
          {broken.map(({ id, name, why }) => (
            <li key={id}>
              <b>{name}</b>
              <span className="ui-note">{why.join(" ")}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
