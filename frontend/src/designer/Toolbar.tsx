// Above the canvas: which flow it is, whether it is saved, and what can be done with all of it.
import { useEffect, useState } from "react";
import { Link } from "react-router";
import {
  Check,
  ChevronRight,
  CloudAlert,
  CloudOff,
  Download,
  Eye,
  History,
  Keyboard,
  LayoutTemplate,
  LoaderCircle,
  Pencil,
  Phone,
  Redo2,
  Search,
  SquareSplitVertical,
  Undo2,
  Upload,
} from "lucide-react";
import { Menu } from "../components/Menu.tsx";
import { Segments } from "./panels/fields.tsx";
import { useFlow, useFlowStore, useHistory } from "./state/context.ts";
import { ProblemBadge } from "./panels/Problems.tsx";

const VIEWS = [
  ["canvas", "Canvas"],
  ["outline", "Outline"],
];

function since(at, now) {
  const seconds = Math.max(0, Math.round((now - at) / 1000));
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  return seconds < 86400
    ? `${Math.floor(seconds / 3600)} h ago`
    : `on ${new Date(at).toLocaleDateString(undefined, { day: "numeric", month: "short" })}`;
}

const STATES = {
  dirty: { Icon: Pencil, text: "Not saved yet" },
  saving: { Icon: LoaderCircle, text: "Saving…" },
  offline: { Icon: CloudOff, text: "Offline, kept here" },
  refused: { Icon: CloudAlert, text: "Not saved" },
  conflict: { Icon: CloudAlert, text: "Changed in another tab" },
};

function SavedState({ decide }) {
  const { state, at, message } = useFlow(({ saving }) => saving);
  const canWrite = useFlow((store) => store.canWrite);
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 5000);
    return () => clearInterval(timer);
  }, []);
  useEffect(() => setNow(Date.now()), [at]);
  if (!canWrite)
    return (
      <span className="fl-saved">
        <Eye size={14} />
        You can look, not change
      </span>
    );
  const { Icon, text } = STATES[state] || { Icon: Check, text: at ? `Saved ${since(at, now)}` : "Saved" };
  const quiet = { saved: "Saved", dirty: "", saving: "" }[state];
  return (
    <>
      {state === "conflict" ? (
        <button type="button" className="fl-saved amber" onClick={decide}>
          <Icon size={14} />
          {text}
        </button>
      ) : (
        <span className={`fl-saved ${["offline", "refused"].includes(state) ? "amber" : ""}`} title={message}>
          <Icon size={14} />
          <span className="qv-clip">{message ? `${text}: ${message}` : text}</span>
        </span>
      )}
      <span className="qv-sr" role="status">
        {quiet ?? text}
      </span>
    </>
  );
}

export function Toolbar({ campaign, draftOf, next, view, setView, problemsOpen, act }) {
  const store = useFlowStore();
  const canWrite = useFlow((state) => state.canWrite);
  const canUndo = useHistory(({ pastStates }) => pastStates.length > 0);
  const canRedo = useHistory(({ futureStates }) => futureStates.length > 0);
  return (
    <header className="fl-tool">
      <span className="fl-crumb">
        <Link to="/campaigns">Campaigns</Link>
        <ChevronRight size={14} />
      </span>
      <h1 className="qv-clip" title={campaign.name}>
        {campaign.name}
      </h1>
      <span className="qv-badge">{draftOf ? `Draft of v${draftOf}` : "Not published"}</span>
      <SavedState decide={act.decide} />
      <span className="div" />
      {canWrite && (
        <span className="fl-history">
          <button
            type="button"
            className="qv-btn ghost icon"
            aria-label="Undo"
            title="Undo"
            disabled={!canUndo}
            onClick={() => store.getState().undo()}
          >
            <Undo2 size={16} />
          </button>
          <button
            type="button"
            className="qv-btn ghost icon"
            aria-label="Redo"
            title="Redo"
            disabled={!canRedo}
            onClick={() => store.getState().redo()}
          >
            <Redo2 size={16} />
          </button>
        </span>
      )}
      <Segments label="View" small value={view} options={VIEWS} set={setView} />
      <span className="end">
        <ProblemBadge open={problemsOpen} toggle={act.problems} />
        <button type="button" className="qv-btn surface fl-wide-only" onClick={act.versions}>
          <History size={16} />
          Versions
        </button>
        {campaign.active && draftOf && (
          <a
            className="qv-btn surface fl-wide-only"
            href={`/call/${campaign.public_id}`}
            target="_blank"
            rel="noreferrer"
          >
            <Phone size={16} />
            Test call
          </a>
        )}
        <Menu label="More">
          <button type="button" role="menuitem" tabIndex={-1} className="qv-item fl-narrow-only" onClick={act.versions}>
            <History size={16} />
            Versions
          </button>
          {campaign.active && draftOf && (
            <a
              role="menuitem"
              tabIndex={-1}
              className="qv-item fl-narrow-only"
              href={`/call/${campaign.public_id}`}
              target="_blank"
              rel="noreferrer"
            >
              <Phone size={16} />
              Test call
            </a>
          )}
          <button type="button" role="menuitem" tabIndex={-1} className="qv-item" onClick={act.search}>
            <Search size={16} />
            Search
          </button>
          {canWrite && (
            <button type="button" role="menuitem" tabIndex={-1} className="qv-item" onClick={act.templates}>
              <LayoutTemplate size={16} />
              Templates
            </button>
          )}
          {canWrite && (
            <button type="button" role="menuitem" tabIndex={-1} className="qv-item" onClick={act.importFile}>
              <Upload size={16} />
              Import
            </button>
          )}
          <a role="menuitem" tabIndex={-1} className="qv-item" href={act.exportUrl} download>
            <Download size={16} />
            Export
          </a>
          <button type="button" role="menuitem" tabIndex={-1} className="qv-item" onClick={act.simulator}>
            <SquareSplitVertical size={16} />
            Simulator
          </button>
          <button type="button" role="menuitem" tabIndex={-1} className="qv-item" onClick={act.keys}>
            <Keyboard size={16} />
            Keys
          </button>
        </Menu>
        {canWrite && (
          <button type="button" className="qv-btn solid" onClick={act.publish}>
            Publish v{next}
          </button>
        )}
      </span>
    </header>
  );
}
