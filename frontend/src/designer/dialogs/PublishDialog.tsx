// Before it goes live: what is wrong, what the saved cases say, and a word for those who come after.
import { useEffect, useState } from "react";
import { CircleAlert, CircleCheck, CircleX } from "lucide-react";
import { Dialog } from "../../components/Dialog.tsx";
import { Trouble } from "../../components/Form.tsx";
import { useFlow, useFlowStore } from "../state/context.ts";
import { ProblemItems, countsOf } from "../panels/Problems.tsx";

export function PublishDialog({ api, saver, number, onClose, onPublished }) {
  const store = useFlowStore();
  const problems = useFlow((state) => state.problems);
  const [note, setNote] = useState("");
  const [ready, setReady] = useState(false);
  const [cases, setCases] = useState(null);
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const { errors, warnings } = countsOf(problems);

  useEffect(() => {
    let wanted = true;
    saver.settle().then(async (settled) => {
      if (!wanted) return;
      if (!settled)
        setProblem({
          status: 0,
          message: "The last changes are not saved yet. Close this, and publish when they are.",
        });
      else {
        setReady(true);
        await api
          .test()
          .then((result) => wanted && setCases(result.cases))
          .catch((error) => wanted && setProblem(error));
      }
    });
    return () => {
      wanted = false;
    };
  }, []);

  const publish = async (event) => {
    event.preventDefault();
    if (busy || errors || !ready) return;
    setBusy(true);
    setProblem(null);
    try {
      const { version } = await api.publish({ revision: store.getState().revision, note: note.trim() });
      onPublished(version, (await api.load().catch(() => null))?.versions);
    } catch (error) {
      if (error.status === 422 && error.body?.problems) store.getState().setProblems(error.body.problems);
      if (error.status === 409) saver.conflict(error.body);
      setProblem(error);
      setBusy(false);
    }
  };
  const show = (wrong) => {
    onClose();
    store.getState().show(wrong);
  };

  return (
    <Dialog open title={`Publish v${number}`} onDismiss={onClose}>
      <form className="fl-publish" onSubmit={publish}>
        {problem && <Trouble problem={problem} />}
        {errors > 0 && (
          <div className="qv-callout red">
            <CircleAlert size={16} />
            <span>{errors === 1 ? "One error has" : `${errors} errors have`} to be mended first.</span>
          </div>
        )}
        {!errors && !warnings && (
          <div className="qv-callout green">
            <CircleCheck size={16} />
            <span>The checks found nothing.</span>
          </div>
        )}
        {problems.length > 0 && <ProblemItems problems={problems} onShow={show} />}
        <Cases cases={cases} waiting={!problem} />
        <div className="qv-field">
          <label htmlFor="fl-publish-note">What is new, optional</label>
          <div className="qv-input area">
            <textarea
              id="fl-publish-note"
              rows={2}
              maxLength={500}
              value={note}
              onChange={(event) => setNote(event.target.value)}
            />
          </div>
        </div>
        <p className="qv-note">Calls that go on now end as they began; new calls follow the new version.</p>
        <div className="qv-actions end">
          <button type="button" className="qv-btn ghost mid" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className={`qv-btn solid mid ${busy ? "busy" : ""}`} disabled={errors > 0 || !ready}>
            Publish v{number}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function Cases({ cases, waiting }) {
  if (!cases)
    return waiting ? (
      <p className="qv-note" role="status">
        Running the saved cases …
      </p>
    ) : null;
  const broken = cases.filter(({ ok }) => !ok);
  if (!cases.length) return <p className="qv-note">No cases are saved. The simulator keeps a conversation as one.</p>;
  return (
    <section aria-label="Saved cases">
      <div className={`qv-callout ${broken.length ? "amber" : "green"}`}>
        {broken.length ? <CircleX size={16} /> : <CircleCheck size={16} />}
        <span>
          {broken.length
            ? `${broken.length} of ${cases.length} saved cases would break.`
            : `${cases.length === 1 ? "The saved case passes." : `All ${cases.length} saved cases pass.`}`}
        </span>
      </div>
      {broken.length > 0 && (
        <ul className="fl-cases">
          {broken.map(({ id, name, why }) => (
            <li key={id}>
              <b>{name}</b>
              <span className="qv-note">{why.join(" ")}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
