// The canvas or the outline, and what floats above it.
import { useEffect, useMemo, useRef, useState, type RefObject } from "react";
import { useReactFlow } from "@xyflow/react";
import { LayoutTemplate, PanelRightOpen, Plus } from "lucide-react";
import type { Flow } from "../api/schema.ts";
import { Toast } from "../components/Toast.tsx";
import { Canvas } from "./canvas/Canvas.tsx";
import { Palette } from "./canvas/Palette.tsx";
import { useReveal, useViewing } from "./canvas/viewing.ts";
import { ZoomBar } from "./canvas/ZoomBar.tsx";
import { createCommands, type Commands, type EditorContext, type EditorDialog, type View } from "./commands.ts";
import { EditorDialogs, type Published } from "./EditorDialogs.tsx";
import { Outline } from "./outline/Outline.tsx";
import { Panel } from "./panels/Panel.tsx";
import { ProblemList } from "./panels/Problems.tsx";
import { Simulator } from "./simulator/Simulator.tsx";
import type { FlowApi } from "./state/api.ts";
import { same } from "./model/change.ts";
import type { FlowDefinition } from "./model/flow.ts";
import { useFlow, useFlowStore } from "./state/context.ts";
import type { OtherDraft, Saver } from "./state/saving.ts";
import { useKeys } from "./state/useKeys.ts";
import { Toolbar } from "./Toolbar.tsx";

const NARROW = 768;
const BESIDE = 1280; // pixels: wide enough for canvas and simulator at once
const SIMULATOR = "qv-flow-simulator";
const REVEAL_MS = 50; // until what is new is on the page

interface FlowEditorProps {
  api: FlowApi;
  campaignId: string;
  loaded: Flow;
  saver: Saver;
  theirs: OtherDraft | null;
  setTheirs: (theirs: OtherDraft | null) => void;
}

export function FlowEditor({ api, campaignId, loaded, saver, theirs, setTheirs }: FlowEditorProps) {
  const store = useFlowStore();
  const [view, setView] = useState<View>(window.innerWidth < NARROW ? "outline" : "canvas");
  const [problemsOpen, setProblemsOpen] = useState(false);
  const [simulating, setSimulating] = useSimulatorOpen();
  const { tell } = store.getState();
  const stage = useRef<HTMLDivElement>(null);
  const file = useRef<HTMLInputElement>(null);
  const { dialog, openDialog, close } = useDialog(theirs);
  const published = usePublished(loaded, api);
  const commands = createCommands({
    ...{ store, api, saver, view, setView, openDialog, tell },
    ...useCanvasView(stage),
    find: (selector) => stage.current?.querySelector<HTMLElement>(selector) ?? null,
    chooseFile: () => file.current?.click(),
    toggleProblems: () => setProblemsOpen((open) => !open),
    closeProblems: () => {
      setProblemsOpen(false);
      return problemsOpen;
    },
    toggleSimulator: () => setSimulating(!simulating),
    openSimulator: () => setSimulating(true),
  });
  useKeys(commands);

  return (
    <div className={`editor ${simulating ? "simulating" : ""}`} data-view={view}>
      <Toolbar
        campaign={loaded.campaign}
        published={published}
        view={view}
        setView={setView}
        problemsOpen={problemsOpen}
        commands={commands}
      />
      <div className="editor-stage" ref={stage}>
        <Stage view={view} commands={commands} />
        <Panel {...commands} />
        {problemsOpen && (
          <ProblemList
            close={() => setProblemsOpen(false)}
            onShow={({ node }) => node && view === "canvas" && commands.reveal(node)}
          />
        )}
        {!simulating && (
          <button type="button" className="ui-button surface editor-open-simulator" onClick={commands.simulator}>
            <PanelRightOpen size={16} />
            Simulator
          </button>
        )}
        <NoticeToast />
      </div>
      {simulating && <Simulator store={store} campaignId={campaignId} close={commands.simulator} />}
      <FileInput input={file} onFile={commands.importFrom} />
      {dialog && (
        <EditorDialogs
          {...{ dialog, commands, api, saver, published, theirs, setTheirs, close, tell }}
          revealsNodes={view === "canvas"}
        />
      )}
    </div>
  );
}

// What an undo takes back is offered until something else is edited.
function NoticeToast() {
  const store = useFlowStore();
  const notice = useFlow((state) => state.notice);
  const definition = useFlow((state) => state.definition);
  const { tell, undo } = store.getState();
  const takeBack = () => {
    undo();
    tell("");
  };
  const undoable = notice?.undo === definition;
  return <Toast message={notice} close={() => tell("")} undo={undoable ? takeBack : undefined} />;
}

function Stage({ view, commands }: { view: View; commands: Commands }) {
  const [snap, setSnap] = useState(true);
  if (view === "outline") return <Outline commands={commands} empty={<Empty commands={commands} />} />;
  return (
    <>
      <div className="editor-canvas" role="application" aria-label="Flow canvas" aria-roledescription="canvas">
        <Canvas snap={snap} onDropType={commands.drop} onLoose={commands.addAfter} />
      </div>
      <Palette
        addType={(type) => commands.addNode(type)}
        addNote={commands.addNote}
        chooseTemplate={commands.templates}
      />
      <ZoomBar snap={snap} setSnap={setSnap} arrange={commands.arrange} />
      <Empty commands={commands} />
    </>
  );
}

function Empty({ commands }: { commands: Commands }) {
  const definition = useFlow((state) => state.definition);
  const canWrite = useFlow((state) => state.canWrite);
  if (definition.nodes.length > 1 || definition.edges.length || !canWrite) return null;
  return (
    <div className="editor-begin">
      <h2>Design how your assistant talks</h2>
      <p className="ui-muted">Start from a template, or add nodes one by one.</p>
      <div className="ui-actions">
        <button type="button" className="ui-button solid" onClick={commands.templates}>
          <LayoutTemplate size={16} />
          Choose a template
        </button>
        <button type="button" className="ui-button surface" onClick={commands.add}>
          <Plus size={16} />
          Add node
        </button>
      </div>
    </div>
  );
}

interface FileInputProps {
  input: RefObject<HTMLInputElement | null>;
  onFile: (file: File) => void;
}

function FileInput({ input, onFile }: FileInputProps) {
  return (
    <input
      ref={input}
      type="file"
      accept="application/json,.json"
      hidden
      onChange={({ target }) => {
        const file = target.files?.[0];
        if (file) onFile(file);
        target.value = "";
      }}
    />
  );
}

type CanvasView = Pick<EditorContext, "viewCenter" | "pointer" | "reveal" | "fit" | "home">;

function useCanvasView(stage: RefObject<HTMLElement | null>): CanvasView {
  const { screenToFlowPosition } = useReactFlow();
  const { fit, home } = useViewing();
  const reveal = useReveal();
  const pointer = usePointer();
  return {
    viewCenter: () => {
      const { left = 0, top = 0, width = 0, height = 0 } = stage.current?.getBoundingClientRect() ?? {};
      return screenToFlowPosition({ x: left + width / 2, y: top + height / 2 });
    },
    pointer: () => {
      const { x, y } = pointer.current ?? { x: -1, y: -1 };
      return document.elementFromPoint(x, y)?.closest(".react-flow") ? screenToFlowPosition({ x, y }) : null;
    },
    reveal: (id) => setTimeout(() => reveal(id), REVEAL_MS),
    fit: () => fit(),
    home: () => home(),
  };
}

// Where the pointer was last seen, in the window.
function usePointer() {
  const pointer = useRef<{ x: number; y: number } | null>(null);
  useEffect(() => {
    const onMove = ({ clientX, clientY, pointerType }: PointerEvent) => {
      pointer.current = pointerType === "touch" ? null : { x: clientX, y: clientY };
    };
    window.addEventListener("pointermove", onMove);
    return () => window.removeEventListener("pointermove", onMove);
  }, []);
  return pointer;
}

function useDialog(theirs: OtherDraft | null) {
  const [dialog, setDialog] = useState<EditorDialog | null>(null);
  useEffect(() => {
    if (theirs) setDialog({ kind: "conflict" });
  }, [theirs]);
  return { dialog, openDialog: setDialog, close: () => setDialog(null) };
}

function usePublished(loaded: Flow, api: FlowApi): Published {
  const store = useFlowStore();
  const draft = useFlow((state) => state.definition);
  const [versions, setVersions] = useState(loaded.versions);
  const [live, setLive] = useState(loaded.campaign.published_version);
  // undefined: on its way. null: there is none, or it didn't come.
  const [definition, setDefinition] = useState<FlowDefinition | null | undefined>(live ? undefined : null);
  useEffect(() => {
    if (!loaded.campaign.published_version) return;
    api.version(loaded.campaign.published_version).then(
      (version) => setDefinition(version.definition),
      () => setDefinition(null),
    );
  }, [api, loaded]);
  const hasChanged = useMemo(
    () => (definition === undefined ? null : !definition || !same(definition, draft)),
    [definition, draft],
  );
  return {
    versions,
    live,
    definition: definition ?? null,
    changed: hasChanged,
    next: Math.max(0, ...versions.map(({ version }) => version)) + 1,
    publish: (version, all) => {
      if (all) setVersions(all);
      setLive(version);
      setDefinition(store.getState().definition);
    },
  };
}

// Open beside the canvas where there is room, unless it was closed the last time.
function useSimulatorOpen(): [boolean, (open: boolean) => void] {
  const [open, setOpen] = useState(() => window.innerWidth >= BESIDE && localStorage.getItem(SIMULATOR) !== "closed");
  const set = (next: boolean) => {
    localStorage.setItem(SIMULATOR, next ? "open" : "closed");
    setOpen(next);
  };
  return [open, set];
}
