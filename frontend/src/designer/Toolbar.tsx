// Above the canvas: which flow it is, whether it is saved, and what can be done with all of it.
import { useEffect, useState, type ReactNode } from "react";
import { flushSync } from "react-dom";
import { Link } from "react-router";
import {
  Check,
  ChevronRight,
  CloudAlert,
  CloudOff,
  Download,
  Ellipsis,
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
  type LucideIcon,
} from "lucide-react";
import { Menu, MenuItem, MenuLink } from "../components/Menu.tsx";
import { useFlow, useFlowStore, useHistory } from "./state/context.ts";
import { ProblemBadge, countsOf } from "./panels/Problems.tsx";
import { Segments } from "../components/Segments.tsx";
import { LOCALE } from "../components/locale.ts";
import type { CampaignSummary } from "../api/schema.ts";
import type { View, Commands } from "./commands.ts";
import type { SavingState } from "./state/store.ts";
import type { Published } from "./EditorDialogs.tsx";

const VIEWS: [View, string][] = [
  ["canvas", "Canvas"],
  ["outline", "Outline"],
];

function since(at: number, now: number) {
  const seconds = Math.max(0, Math.round((now - at) / 1000));
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  return seconds < 86400
    ? `${Math.floor(seconds / 3600)} h ago`
    : `on ${new Date(at).toLocaleDateString(LOCALE, { day: "numeric", month: "short" })}`;
}

const STATES: Partial<Record<SavingState, { Icon: LucideIcon; text: string }>> = {
  dirty: { Icon: Pencil, text: "Unsaved changes" },
  saving: { Icon: LoaderCircle, text: "Saving…" },
  offline: { Icon: CloudOff, text: "Offline, saved in this browser" },
  refused: { Icon: CloudAlert, text: "Not saved" },
  conflict: { Icon: CloudAlert, text: "Draft has changed" },
};

function SavedState({ decide }: { decide: () => void }) {
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
      <span className="editor-saved">
        <Eye size={14} />
        View only
      </span>
    );
  const { Icon, text } = STATES[state] || { Icon: Check, text: at ? `Saved ${since(at, now)}` : "Saved" };
  const announced = state === "saved" ? "Saved" : state === "dirty" || state === "saving" ? "" : text;
  return (
    <>
      {state === "conflict" ? (
        <button type="button" className="editor-saved amber" onClick={decide}>
          <Icon size={14} />
          {text}
        </button>
      ) : (
        <span className={`editor-saved ${["offline", "refused"].includes(state) ? "amber" : ""}`} title={message}>
          <Icon size={14} />
          <span className="ui-clip">{message ? `${text}: ${message}` : text}</span>
        </span>
      )}
      <span className="ui-screen-reader" role="status">
        {announced}
      </span>
    </>
  );
}

interface ToolbarProps {
  campaign: CampaignSummary;
  published: Published;
  view: View;
  setView: (view: View) => void;
  problemsOpen: boolean;
  commands: Commands;
}

export function Toolbar({ campaign, published, view, setView, problemsOpen, commands }: ToolbarProps) {
  const { live } = published;
  const callable = !campaign.paused && Boolean(live);
  const canWrite = useFlow((state) => state.canWrite);
  return (
    <header className="editor-toolbar">
      <span className="editor-crumb">
        <Link to="/campaigns">Campaigns</Link>
        <ChevronRight size={14} />
      </span>
      <h1 className="ui-clip" title={campaign.name}>
        {campaign.name}
      </h1>
      <VersionBadge published={published} />
      <SavedState decide={commands.decide} />
      <span className="div" />
      {canWrite && <HistoryButtons />}
      <Segments label="View" small value={view} options={VIEWS} set={setView} />
      <span className="end">
        <ProblemBadge open={problemsOpen} toggle={commands.problems} />
        <button type="button" className="ui-button surface editor-wide-only" onClick={commands.versions}>
          <History size={16} />
          Versions
        </button>
        {callable && <TestCall campaign={campaign} published={published} commands={commands} />}
        <MoreMenu campaign={campaign} published={published} callable={callable} commands={commands} />
        {canWrite && <PublishButton published={published} publish={commands.publish} />}
      </span>
    </header>
  );
}

function VersionBadge({ published: { live, changed } }: Pick<ToolbarProps, "published">) {
  if (!live) return <span className="ui-badge">Not published</span>;
  return changed === false ? (
    <span className="ui-badge green">Published v{live}</span>
  ) : (
    <span className="ui-badge">Draft of v{live}</span>
  );
}

// A flow that has nothing in it yet, or errors, begins elsewhere.
function PublishButton({ published, publish }: Pick<ToolbarProps, "published"> & { publish: () => void }) {
  const ready = useFlow(({ definition, problems }) => definition.nodes.length > 1 && !countsOf(problems).errors);
  if (published.live && published.changed === false) {
    return (
      <button type="button" className="ui-button surface" disabled title={`No changes since v${published.live}`}>
        Published
      </button>
    );
  }
  return (
    <button
      type="button"
      className={`ui-button ${ready ? "solid" : "surface"}`}
      disabled={published.changed === null}
      onClick={publish}
    >
      Publish v{published.next}
    </button>
  );
}

type TestCallProps = Pick<ToolbarProps, "campaign" | "published" | "commands">;

function TestCall({ campaign, published, commands }: TestCallProps) {
  const face = (
    <>
      <Phone size={16} />
      Test call
    </>
  );
  return (
    <Menu label="Test call" className="ui-button surface editor-wide-only" face={face}>
      <CallLive campaign={campaign}>Call v{published.live}, the live version</CallLive>
      <MenuItem onClick={commands.testDraft}>
        <SquareSplitVertical size={16} />
        Test this draft in the simulator
      </MenuItem>
    </Menu>
  );
}

type CallLiveProps = Pick<ToolbarProps, "campaign"> & { className?: string; children: ReactNode };

function CallLive({ campaign, className, children }: CallLiveProps) {
  return (
    <MenuLink className={className} href={`/call/${campaign.public_id}#test`} target="_blank" rel="noreferrer">
      <Phone size={16} />
      {children}
    </MenuLink>
  );
}

type MoreMenuProps = Pick<ToolbarProps, "campaign" | "published" | "commands"> & { callable: boolean };

function MoreMenu({ campaign, published, callable, commands }: MoreMenuProps) {
  const canWrite = useFlow((state) => state.canWrite);
  const face = (
    <>
      <Ellipsis size={16} />
      <span className="editor-narrow-only">More</span>
    </>
  );
  return (
    <Menu label="More" className="ui-button ghost icon editor-more-menu" face={face}>
      {callable && (
        <CallLive className="editor-narrow-only" campaign={campaign}>
          Test call to v{published.live}, the live version
        </CallLive>
      )}
      <MenuItem className="editor-narrow-only" onClick={commands.versions}>
        <History size={16} />
        Versions
      </MenuItem>
      <MenuItem onClick={commands.search}>
        <Search size={16} />
        Search
      </MenuItem>
      {canWrite && (
        <MenuItem onClick={commands.templates}>
          <LayoutTemplate size={16} />
          Templates
        </MenuItem>
      )}
      {canWrite && (
        <MenuItem onClick={commands.importFile}>
          <Upload size={16} />
          Import
        </MenuItem>
      )}
      <MenuLink href={commands.exportUrl} download>
        <Download size={16} />
        Export
      </MenuLink>
      <MenuItem onClick={commands.simulator}>
        <SquareSplitVertical size={16} />
        Simulator
      </MenuItem>
      <MenuItem onClick={commands.keys}>
        <Keyboard size={16} />
        Keyboard shortcuts{" "}
      </MenuItem>
    </Menu>
  );
}

function HistoryButtons() {
  const store = useFlowStore();
  const isEditing = useFlow(
    ({ definition, stepFrom, uncommitted }) => uncommitted || (stepFrom ?? definition) !== definition,
  );
  const canUndo = useHistory(({ pastStates }) => pastStates.length > 0) || isEditing;
  const canRedo = useHistory(({ futureStates }) => futureStates.length > 0) && !isEditing;
  // What is in a field counts when the field is left, which not every browser does for a button.
  const travel = (direction: "undo" | "redo") => {
    const { activeElement } = document;
    if (activeElement instanceof HTMLElement) flushSync(() => activeElement.blur());
    store.getState()[direction]();
  };
  return (
    <span className="editor-history">
      <button
        type="button"
        className="ui-button ghost icon"
        aria-label="Undo"
        title="Undo"
        disabled={!canUndo}
        onClick={() => travel("undo")}
      >
        <Undo2 size={16} />
      </button>
      <button
        type="button"
        className="ui-button ghost icon"
        aria-label="Redo"
        title="Redo"
        disabled={!canRedo}
        onClick={() => travel("redo")}
      >
        <Redo2 size={16} />
      </button>
    </span>
  );
}
