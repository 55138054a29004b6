// The canvas or the outline, what floats above it, and what one does there.
import { useCallback, useEffect, useRef, useState } from "react";
import { useReactFlow } from "@xyflow/react";
import { LayoutTemplate, PanelRightOpen, Plus, StickyNote } from "lucide-react";
import { Canvas, fitOptions } from "./canvas/Canvas.tsx";
import { copyOf, paste, readCopy } from "./model/clipboard.ts";
import { Conflict } from "./dialogs/Conflict.tsx";
import { NODE_HEIGHT, TYPES, barrier, nodeOf, titleOf } from "./model/definition.ts";
import * as edits from "./model/edits.ts";
import { useFlow, useFlowStore } from "./state/context.ts";
import { NodeIcon, Tile, typeName } from "./canvas/icons.tsx";
import { arrange } from "./model/layout.ts";
import { Outline } from "./outline/Outline.tsx";
import { Palette } from "./canvas/Palette.tsx";
import { Panel, subjectOf } from "./panels/Panel.tsx";
import { Pick } from "../components/CommandPicker.tsx";
import { ProblemList } from "./panels/Problems.tsx";
import { PublishDialog } from "./dialogs/PublishDialog.tsx";
import { find } from "./model/search.ts";
import { Shortcuts } from "./dialogs/Shortcuts.tsx";
import Simulator from "./simulator/Simulator.tsx";
import { Templates } from "./dialogs/Templates.tsx";
import { Toolbar } from "./Toolbar.tsx";
import { useKeys } from "./state/useKeys.ts";
import { Versions } from "./dialogs/Versions.tsx";
import { ZoomBar } from "./canvas/ZoomBar.tsx";

const NARROW = 768;
const BESIDE = 1280; // pixels: wide enough for canvas and simulator at once
const SIMULATOR = "qv-flow-simulator";
const still = () => (window.matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 250);

// The node or edge that an element of the canvas or the outline stands for.
function placeOf(target) {
  const place = target.closest?.("[data-row], .react-flow__node, .react-flow__edge");
  if (!place) return {};
  const { node, edge, id } = place.dataset;
  return place.matches(".react-flow__edge") ? { edge: id } : { node: edge ? undefined : node || id, edge };
}

export function Studio({ api, campaignId, loaded, saver, theirs, setTheirs }) {
  const store = useFlowStore();
  const { screenToFlowPosition, fitView } = useReactFlow();
  const [view, setView] = useState(window.innerWidth < NARROW ? "outline" : "canvas");
  const [snap, setSnap] = useState(true);
  const [dialog, setDialog] = useState(null);
  const [problemsOpen, setProblemsOpen] = useState(false);
  const [versions, setVersions] = useState(loaded.versions);
  const [published, setPublished] = useState(loaded.campaign.published_version);
  const [simulating, setSimulating] = useSimulator();
  const [said, tell] = useToast();
  const stage = useRef(null);
  const file = useRef(null);
  const back = useRef(null);
  const state = () => store.getState();

  const ask = (next) => {
    if (!document.querySelector("dialog[open]")) back.current = document.activeElement;
    setDialog(next);
  };
  const close = () => {
    setDialog(null);
    back.current?.isConnected && back.current.focus();
  };
  const want = (wanted) => store.setState({ wanted: { ...wanted, at: Date.now() } });
  const reveal = useCallback(
    (ids) =>
      setTimeout(() => fitView({ nodes: ids.map((id) => ({ id })), maxZoom: 1, padding: 0.4, duration: still() }), 50),
    [fitView],
  );
  const fit = () => fitView({ ...fitOptions(), duration: still() });

  const middle = () => {
    const { nodes } = state().definition;
    if (view === "outline")
      return { x: 0, y: nodes.length ? Math.max(...nodes.map(({ y }) => y)) + NODE_HEIGHT + 80 : 0 };
    const { left, top, width, height } = stage.current.getBoundingClientRect();
    const { x, y } = screenToFlowPosition({ x: left + width / 2, y: top + height / 2 });
    return { x: x - 104, y: y - 46 };
  };
  // made: [definition, id of what is new]
  const take = ([definition, id]) => {
    state().edit(() => definition);
    state().select([id]);
    want({ field: "name" });
  };
  const addType = (type, place) =>
    take(edits.addNode(state().definition, type, place || edits.freePlace(state().definition, middle())));
  const addNote = () => {
    const [definition, id] = edits.addNote(state().definition, middle());
    state().edit(() => definition);
    state().select([id]);
    want({ field: "text" });
  };
  const addAfter = (source, place) => ask({ kind: "add", source, place });
  const connectTo = (source) => ask({ kind: "connect", source });
  const duplicate = () => {
    const copy = readCopy(copyOf(state().definition, state().selected));
    if (!copy || !state().canWrite) return;
    const [definition, ids] = paste(state().definition, copy);
    state().edit(() => definition);
    state().select(ids);
  };
  const tidy = () => {
    state().edit((now) => edits.move(now, arrange(now)));
    setTimeout(fit, 50);
  };
  const toSubject = () => {
    const {
      selected: [id],
      selectedEdges: [edge],
    } = state();
    const place = id
      ? `[data-node="${CSS.escape(id)}"], .react-flow__node[data-id="${CSS.escape(id)}"]`
      : `[data-edge="${CSS.escape(edge || "")}"][data-row], .react-flow__edge[data-id="${CSS.escape(edge || "")}"]`;
    stage.current.querySelector(place)?.focus();
  };
  const importFile = async (event) => {
    const [chosen] = event.target.files;
    event.target.value = "";
    if (!chosen) return;
    try {
      const definition = JSON.parse(await chosen.text());
      if (!definition?.nodes) throw new Error(`“${chosen.name}” is no flow: there are no nodes in it.`);
      await saver.replace((revision) => api.replace({ definition, revision })); // answers in the current schema
      tell(`“${chosen.name}” is the draft now. Undo brings back what it was.`);
      setTimeout(fit, 50);
    } catch (error) {
      if (error.status === 409) saver.conflict(error.body);
      else tell(error instanceof SyntaxError ? `“${chosen.name}” is no flow: it is not JSON.` : error.message, true);
    }
  };

  const writing = (action) => () => state().canWrite && action();
  const withSubject = (action) =>
    writing(() => {
      const id = subjectOf(state());
      const node = id && nodeOf(state().definition, id);
      if (node && node.type !== "end") action(id); // a note leads nowhere
    });
  const act = {
    add: writing(() => ask({ kind: "add" })),
    after: withSubject(addAfter),
    connect: withSubject(connectTo),
    search: () => ask({ kind: "search" }),
    keys: () => ask({ kind: "keys" }),
    versions: () => ask({ kind: "versions" }),
    templates: () => ask({ kind: "templates" }),
    publish: () => ask({ kind: "publish" }),
    decide: () => ask({ kind: "conflict" }),
    problems: () => setProblemsOpen((open) => !open),
    simulator: () => setSimulating(!simulating),
    importFile: () => file.current.click(),
    exportUrl: api.exportUrl(),
    save: () => saver.settle(),
    otherView: () => setView(view === "canvas" ? "outline" : "canvas"),
    fit,
    arrange: writing(tidy),
    duplicate,
    reveal,
    selectAll: () => state().select([...state().definition.nodes, ...state().definition.notes].map(({ id }) => id)),
    leave: () => state().open(null),
    leavePanel: () => (state().room ? state().open(null) : toSubject()),
    // What has the focus is what a key is about, also when something else is selected.
    mean: (target) => {
      const { node, edge } = placeOf(target);
      const { selected, selectedEdges, select } = state();
      if (node && !selected.includes(node)) select([node]);
      if (edge && !selectedEdges.includes(edge)) select([], [edge]);
    },
    enter: (target) => {
      const { node, edge } = placeOf(target);
      state().select(node ? [node] : [], edge ? [edge] : []);
      want(edge ? { edge, field: "condition" } : { field: nodeOf(state().definition, node) ? "name" : "text" });
    },
  };
  useKeys(act);
  useEffect(() => {
    if (theirs) ask({ kind: "conflict" });
  }, [theirs]);

  const definition = useFlow((now) => now.definition);
  const canWrite = useFlow((now) => now.canWrite);
  const bare = definition.nodes.length < 2 && !definition.edges.length && canWrite;
  const next = Math.max(0, ...versions.map(({ version }) => version)) + 1;
  const empty = bare && (
    <div className="fl-begin">
      <h2>Draw how your assistant talks</h2>
      <p className="qv-mute">Begin with a template and change it, or add nodes one by one.</p>
      <div className="qv-actions">
        <button type="button" className="qv-btn solid" onClick={act.templates}>
          <LayoutTemplate size={16} />
          Choose a template
        </button>
        <button type="button" className="qv-btn surface" onClick={act.add}>
          <Plus size={16} />
          Add a node
        </button>
      </div>
    </div>
  );

  return (
    <div className={`qv-studio ${simulating ? "simulating" : ""}`} data-view={view}>
      <Toolbar
        campaign={loaded.campaign}
        draftOf={published}
        next={next}
        view={view}
        setView={setView}
        problemsOpen={problemsOpen}
        act={act}
      />
      <div className="fl-stage" ref={stage}>
        {view === "canvas" ? (
          <>
            <div className="fl-canvas" role="application" aria-label="Flow canvas" aria-roledescription="canvas">
              <Canvas snap={snap} onDropType={addType} onLoose={addAfter} />
            </div>
            <Palette addType={(type) => addType(type)} addNote={addNote} chooseTemplate={act.templates} />
            <ZoomBar snap={snap} setSnap={setSnap} arrange={tidy} />
            {empty}
          </>
        ) : (
          <Outline addType={act.add} addAfter={addAfter} connectTo={connectTo} empty={empty} />
        )}
        <Panel addAfter={addAfter} connectTo={connectTo} duplicate={duplicate} />
        {problemsOpen && (
          <ProblemList
            close={() => setProblemsOpen(false)}
            onShow={({ node }) => node && view === "canvas" && reveal([node])}
          />
        )}
        {!simulating && (
          <button type="button" className="qv-btn surface fl-try" onClick={act.simulator}>
            <PanelRightOpen size={16} />
            Simulator
          </button>
        )}
      </div>
      {simulating && <Simulator store={store} campaignId={campaignId} close={act.simulator} />}
      <input ref={file} type="file" accept="application/json,.json" hidden onChange={importFile} />
      <div role="status">
        {said && (
          <div key={said.at} className={`qv-toast ${said.bad ? "" : "good"}`}>
            <span className="qv-grow">{said.text}</span>
            <button type="button" className="qv-btn soft" onClick={() => tell("")}>
              Close
            </button>
          </div>
        )}
      </div>

      {dialog?.kind === "add" && (
        <AddDialog
          {...dialog}
          onClose={close}
          onPick={(type) => {
            setDialog(null);
            if (dialog.source) take(edits.addAfter(state().definition, dialog.source, type, dialog.place));
            else if (type === "note") addNote();
            else addType(type);
          }}
        />
      )}
      {dialog?.kind === "connect" && (
        <ConnectDialog
          source={dialog.source}
          onClose={close}
          onPick={(target) => {
            const [connected, id] = edits.connect(state().definition, dialog.source, target);
            setDialog(null);
            state().edit(() => connected);
            state().select([], [id]);
            want({ edge: id, field: "condition" });
          }}
        />
      )}
      {dialog?.kind === "search" && (
        <SearchDialog
          onClose={close}
          onPick={(place) => {
            setDialog(null);
            state().show(place);
            if (place.node && view === "canvas") reveal([place.node]);
          }}
        />
      )}
      {dialog?.kind === "keys" && <Shortcuts onClose={close} />}
      {dialog?.kind === "versions" && (
        <Versions api={api} versions={versions} published={published} saver={saver} onClose={close} tell={tell} />
      )}
      {dialog?.kind === "templates" && (
        <Templates
          api={api}
          saver={saver}
          onClose={close}
          onTaken={(text) => {
            setDialog(null);
            tell(text);
            setTimeout(fit, 50);
          }}
        />
      )}
      {dialog?.kind === "publish" && (
        <PublishDialog
          api={api}
          saver={saver}
          number={next}
          onClose={close}
          onPublished={(version, all) => {
            close();
            if (all) setVersions(all);
            setPublished(version);
            tell(
              version === published
                ? `Nothing is different from version ${version}, which is live.`
                : `Version ${version} is live: new calls follow it.`,
            );
          }}
        />
      )}
      {dialog?.kind === "conflict" && theirs && (
        <Conflict
          theirs={theirs}
          api={api}
          saver={saver}
          onClose={close}
          onDecided={(text) => {
            setTheirs(null);
            close();
            tell(text);
          }}
        />
      )}
    </div>
  );
}

function AddDialog({ source, onPick, onClose }) {
  const definition = useFlow((state) => state.definition);
  const from = source && nodeOf(definition, source);
  const hasStart = definition.nodes.some(({ type }) => type === "start");
  const options = Object.entries(TYPES)
    .filter(([type]) => type !== "start" || !hasStart)
    .map(([type, { name, hint }]) => ({ key: type, name, note: hint, icon: <NodeIcon type={type} /> }));
  if (!from)
    options.push({ key: "note", name: "Note", note: "A remark that no call sees", icon: <StickyNote size={16} /> });
  return (
    <Pick
      title={from ? `Add after ${titleOf(from)}` : "Add a node"}
      options={options}
      onPick={onPick}
      onClose={onClose}
    />
  );
}

function ConnectDialog({ source, onPick, onClose }) {
  const definition = useFlow((state) => state.definition);
  const from = nodeOf(definition, source);
  const options = definition.nodes
    .filter(({ id }) => id !== source)
    .map((node) => ({
      key: node.id,
      name: titleOf(node),
      note: barrier(definition, source, node.id) || typeName(node),
      icon: <Tile type={node.type} outcome={node.outcome} />,
      disabled: Boolean(barrier(definition, source, node.id)),
    }));
  return (
    <Pick
      title={`Connect ${titleOf(from)} to`}
      options={options}
      onPick={onPick}
      onClose={onClose}
      empty="There is no other node yet."
    />
  );
}

function SearchDialog({ onPick, onClose }) {
  const definition = useFlow((state) => state.definition);
  const places = useRef([]);
  const look = (text) => {
    places.current = find(definition, text);
    return places.current.map(({ name, note }, index) => ({ key: index, name: name || "Without a name", note }));
  };
  return (
    <Pick
      title="Search the flow"
      options={[]}
      find={look}
      placeholder="Names and words"
      onPick={(index) => onPick(places.current[index])}
      onClose={onClose}
    />
  );
}

function useToast() {
  const [said, setSaid] = useState(null);
  const tell = useCallback((text, bad = false) => setSaid(text ? { text, bad, at: Date.now() } : null), []);
  return [said, tell];
}

// Open beside the canvas where there is room, unless it was closed the last time.
function useSimulator() {
  const [open, setOpen] = useState(() => window.innerWidth >= BESIDE && localStorage.getItem(SIMULATOR) !== "closed");
  const set = (wanted) => {
    localStorage.setItem(SIMULATOR, wanted ? "open" : "closed");
    setOpen(wanted);
  };
  return [open, set];
}
