// The saved cases: which of them the flow as it is drawn leads as expected.
import { useEffect, useState } from "react";
import { CircleAlert, CircleCheck, CircleDashed, CircleX, FilePlus2, Pencil, Play, Trash2 } from "lucide-react";
import { asProblem, type Problem } from "../../api/client.ts";
import type { CaseResult, RecordedCall, StoredCase, TestCase } from "../../api/schema.ts";
import { Dialog } from "../../components/Dialog.tsx";
import { Menu, MenuItem } from "../../components/Menu.tsx";
import { Ago } from "../../components/time.tsx";
import { nodeName } from "../model/definition.ts";
import { useFlow } from "../state/context.ts";
import type { EditedCase } from "./expectation.ts";
import type { CaseList } from "./useCases.ts";

interface CasesProps {
  cases: CaseList;
  replay: (test: TestCase) => void;
  edit: (test: EditedCase) => void;
}

export function Cases({ cases, replay, edit }: CasesProps) {
  const canWrite = useFlow((state) => state.canWrite);
  const [choosingCall, setChoosingCall] = useState(false);
  const [removing, setRemoving] = useState<StoredCase | null>(null);
  const { list, results, busy, problem, stale } = cases;
  return (
    <div className="simulator-cases">
      <div className="ui-row">
        <span className="ui-note ui-grow" role="status">
          {busy ? "Running…" : stale ? "The flow has changed since the last run." : cases.summary}
        </span>
        {canWrite && (
          <button type="button" className="ui-button ghost editor-small" onClick={() => setChoosingCall(true)}>
            <FilePlus2 size={14} />
            From call
          </button>
        )}
        <button
          type="button"
          className="ui-button surface editor-small"
          disabled={busy || !list?.length}
          onClick={cases.run}
        >
          <Play size={14} />
          Run all
        </button>
      </div>
      {problem && <LoadError problem={problem} retry={cases.load} />}
      {!list && !problem && <div className="ui-skeleton" style={{ width: "70%" }} role="status" aria-label="Loading" />}
      {list?.length === 0 && (
        <p className="ui-muted">
          No test cases yet. Talk to the flow and save the conversation as a test case. When you publish, you'll see
          which test cases would fail.
        </p>
      )}
      {list && list.length > 0 && (
        <ul>
          {list.map((item) => (
            <CaseItem
              key={item.id}
              item={item}
              result={results[item.id]}
              replay={() => replay(item.case)}
              edit={() => edit({ id: item.id, ...item.case })}
              remove={() => setRemoving(item)}
            />
          ))}
        </ul>
      )}
      {choosingCall && <FromCall cases={cases} onClose={() => setChoosingCall(false)} />}
      {removing && <RemoveDialog item={removing} remove={cases.remove} close={() => setRemoving(null)} />}
    </div>
  );
}

function LoadError({ problem, retry }: { problem: Problem; retry: () => void }) {
  return (
    <div className="ui-callout red" role="alert">
      <CircleAlert size={16} />
      <div className="ui-grow">
        {problem.message}
        <div>
          <button type="button" className="ui-button soft editor-small" onClick={retry}>
            Try again
          </button>
        </div>
      </div>
    </div>
  );
}

interface CaseItemProps {
  item: StoredCase;
  result: CaseResult | undefined;
  replay: () => void;
  edit: () => void;
  remove: () => void;
}

function CaseItem({ item, result, replay, edit, remove }: CaseItemProps) {
  const canWrite = useFlow((state) => state.canWrite);
  return (
    <li className={result ? (result.ok ? "ok" : "broken") : ""}>
      <div className="ui-row">
        <ResultIcon result={result} />
        <button type="button" className="name ui-clip" title="Replay" onClick={replay}>
          {item.name}
        </button>
        <Menu label={`Actions for ${item.name}`} className="ui-button ghost icon editor-tiny">
          <MenuItem onClick={replay}>
            <Play size={14} />
            Replay
          </MenuItem>
          {canWrite && (
            <MenuItem onClick={edit}>
              <Pencil size={14} />
              Edit
            </MenuItem>
          )}
          {canWrite && (
            <MenuItem onClick={remove}>
              <Trash2 size={14} />
              Delete{" "}
            </MenuItem>
          )}
        </Menu>
      </div>
      {result && !result.ok && <Failure result={result} />}
    </li>
  );
}

function ResultIcon({ result }: { result: CaseResult | undefined }) {
  if (!result) return <CircleDashed size={16} aria-label="Not run" />;
  return result.ok ? <CircleCheck size={16} aria-label="Passed" /> : <CircleX size={16} aria-label="Failed" />;
}

function Failure({ result: { why, path } }: { result: CaseResult }) {
  const definition = useFlow((state) => state.definition);
  const names = path.map((id) => nodeName(definition, id));
  return (
    <>
      <ul className="why">
        {why.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
      {names.length > 0 && <p className="ui-note">Actual path: {names.join(" → ")}</p>}
    </>
  );
}

interface RemoveProps {
  item: StoredCase;
  remove: (id: string) => void;
  close: () => void;
}

function RemoveDialog({ item, remove, close }: RemoveProps) {
  return (
    <Dialog open title="Delete test case?" onDismiss={close}>
      <p>“{item.name}” will be permanently deleted.</p>
      <div className="ui-actions end">
        <button type="button" className="ui-button ghost mid" onClick={close}>
          Cancel
        </button>
        <button
          type="button"
          className="ui-button danger mid"
          onClick={() => {
            remove(item.id);
            close();
          }}
        >
          Delete{" "}
        </button>
      </div>
    </Dialog>
  );
}

// The campaign's last calls; a click makes one a case.
function FromCall({ cases, onClose }: { cases: CaseList; onClose: () => void }) {
  const { api } = cases;
  const [calls, setCalls] = useState<RecordedCall[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    api.calls().then(setCalls, (error) => setProblem(asProblem(error)));
  }, [api]);
  const take = async (id: string) => {
    setBusy(true);
    await cases.fromCall(id);
    onClose();
  };
  return (
    <Dialog open title="Create test case from call" onDismiss={onClose}>
      <p className="ui-muted">
        The caller’s words become a test case. Names, email addresses, and phone numbers are replaced with sample data.
      </p>
      {problem && (
        <div className="ui-callout red" role="alert">
          <CircleAlert size={16} />
          <span>{problem.message}</span>
        </div>
      )}
      {!calls && !problem && (
        <div className="ui-skeleton" style={{ width: "60%" }} role="status" aria-label="Loading" />
      )}
      {calls?.length === 0 && <p>No calls yet.</p>}
      {calls && calls.length > 0 && (
        <ul className="simulator-calls">
          {calls.map((call) => (
            <li key={call.id}>
              <button type="button" className="ui-item" disabled={busy} onClick={() => take(call.id)}>
                <span className="ui-clip ui-grow">{call.caller || "Unknown caller"}</span>
                <span className="ui-note">{call.turns} turns</span>
                <span className="ui-note">
                  <Ago at={call.at} />
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}
