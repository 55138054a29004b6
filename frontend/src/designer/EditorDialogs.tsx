// The dialogs of the designer, one at a time.
import { useRef } from "react";
import { BookOpen, Braces, CornerDownRight, StickyNote, type LucideIcon } from "lucide-react";
import type { Version } from "../api/schema.ts";
import { CommandPicker, type PickerOption } from "../components/CommandPicker.tsx";
import { MenuHeading, MenuItem, PointerMenu } from "../components/Menu.tsx";
import { NodeIcon, Tile, outcomeOf, typeName } from "./canvas/icons.tsx";
import type { Commands, EditorDialog } from "./commands.ts";
import { Conflict } from "./dialogs/Conflict.tsx";
import { PublishDialog } from "./dialogs/PublishDialog.tsx";
import { Shortcuts } from "./dialogs/Shortcuts.tsx";
import { Templates } from "./dialogs/Templates.tsx";
import { Versions } from "./dialogs/Versions.tsx";
import { TYPES, connectionError, nodeName, nodeOf, titleOf } from "./model/definition.ts";
import type { FlowDefinition, FlowNode, NodeType } from "./model/flow.ts";
import { find, type ResultKind, type SearchResult } from "./model/search.ts";
import type { FlowApi } from "./state/api.ts";
import { useFlow, useFlowStore } from "./state/context.ts";
import type { OtherDraft, Saver } from "./state/saving.ts";
import type { Tell } from "./state/store.ts";

/** What is published, which changes while the designer is open. */
export interface Published {
  versions: Version[];
  live: number | null;
  /** What is live, once it is known. */
  definition: FlowDefinition | null;
  /** Whether the draft differs from what is live; null until that is known. */
  changed: boolean | null;
  next: number;
  publish: (version: number, versions: Version[] | null) => void;
}

interface DialogsProps {
  dialog: EditorDialog;
  commands: Commands;
  api: FlowApi;
  saver: Saver;
  published: Published;
  theirs: OtherDraft | null;
  setTheirs: (theirs: OtherDraft | null) => void;
  close: () => void;
  revealsNodes: boolean;
  tell: Tell;
}

export function EditorDialogs(props: DialogsProps) {
  const { dialog, commands, api, saver, published, theirs, close, tell } = props;
  switch (dialog.kind) {
    case "add":
      return <AddDialog {...props} source={dialog.source} place={dialog.place} pointer={dialog.pointer} />;
    case "connect":
      return <ConnectDialog {...props} source={dialog.source} />;
    case "search":
      return <SearchDialog {...props} />;
    case "keys":
      return <Shortcuts onClose={close} />;
    case "versions":
      return (
        <Versions
          api={api}
          versions={published.versions}
          published={published.live}
          saver={saver}
          onClose={close}
          tell={tell}
        />
      );
    case "templates": {
      const onTaken = (message: string) => {
        close();
        tell(message, { undoable: true });
        commands.homeLater();
      };
      return <Templates api={api} saver={saver} onClose={close} onTaken={onTaken} />;
    }
    case "publish": {
      const onPublished = (version: number, versions: Version[] | null) => {
        close();
        published.publish(version, versions);
        tell(
          version === published.live
            ? `Nothing has changed since version ${version}, which is live.`
            : `Version ${version} is live. New calls use it.`,
        );
      };
      return <PublishDialog api={api} saver={saver} published={published} onClose={close} onPublished={onPublished} />;
    }
    case "conflict": {
      const onDecided = (message: string, undoable: boolean) => {
        props.setTheirs(null);
        close();
        tell(message, { undoable });
      };
      return theirs && <Conflict theirs={theirs} api={api} saver={saver} onClose={close} onDecided={onDecided} />;
    }
  }
}

type PickerDialogProps = Pick<DialogsProps, "commands" | "close">;
type AddProps = PickerDialogProps & Omit<Extract<EditorDialog, { kind: "add" }>, "kind">;

function AddDialog({ source, place, pointer, commands, close }: AddProps) {
  const definition = useFlow((state) => state.definition);
  const from = nodeOf(definition, source);
  const hasStart = definition.nodes.some(({ type }) => type === "start");
  const types = (Object.keys(TYPES) as NodeType[]).filter((type) => type !== "start" || !hasStart);
  const options: PickerOption[] = types.map((type) => ({
    key: type,
    name: TYPES[type].label,
    note: TYPES[type].hint,
    icon: <NodeIcon type={type} />,
  }));
  const note = { key: "note", name: "Note", note: "A comment on the canvas", icon: <StickyNote size={16} /> };
  const onPick = (key: string) => {
    close();
    if (source) commands.insertAfter(source, key as NodeType, place);
    else if (key === "note") commands.addNote();
    else commands.addNode(key as NodeType);
  };
  const title = from ? `Add node after ${titleOf(from)}` : "Add node";
  if (pointer) {
    return (
      <PointerMenu at={pointer} label={title} onClose={close}>
        <MenuHeading>
          <b>{title}</b>
        </MenuHeading>
        {options.map(({ key, name, icon }) => (
          <MenuItem key={key} onClick={() => onPick(key)}>
            {icon}
            {name}
          </MenuItem>
        ))}
      </PointerMenu>
    );
  }
  return <CommandPicker title={title} options={from ? options : [...options, note]} onPick={onPick} onClose={close} />;
}

function ConnectDialog({ source, commands, close }: PickerDialogProps & { source: string }) {
  const definition = useFlow((state) => state.definition);
  const options: PickerOption[] = definition.nodes
    .filter(({ id }) => id !== source)
    .map((node) => {
      const error = connectionError(definition, source, node.id);
      const icon = <Tile type={node.type} outcome={"outcome" in node ? node.outcome : undefined} />;
      return { key: node.id, name: titleOf(node), note: error || typeName(node), icon, disabled: Boolean(error) };
    });
  const onPick = (target: string) => {
    close();
    commands.connectNodes(source, target);
  };
  return (
    <CommandPicker
      title={`Connect ${nodeName(definition, source)} to`}
      options={options}
      onPick={onPick}
      onClose={close}
      empty="No other nodes yet."
    />
  );
}

function SearchDialog({ commands, close, revealsNodes }: DialogsProps) {
  const store = useFlowStore();
  const definition = useFlow((state) => state.definition);
  const results = useRef<SearchResult[]>([]);
  const search = (text: string): PickerOption[] => {
    results.current = find(definition, text);
    return results.current.map(({ kind, node, name, note }, index) => ({
      key: String(index),
      name: name || "Untitled",
      note,
      group: KINDS[kind],
      icon: <ResultIcon kind={kind} node={nodeOf(definition, node)} />,
    }));
  };
  const onPick = (key: string) => {
    const place = results.current[Number(key)];
    close();
    store.getState().show(place);
    const node = place.node ?? definition.edges.find(({ id }) => id === place.edge)?.source;
    if (node && revealsNodes) commands.reveal(node);
  };
  return (
    <CommandPicker
      title="Search flow"
      options={[]}
      find={search}
      placeholder="Search names and text"
      onPick={onPick}
      onClose={close}
    />
  );
}

const KINDS: Record<ResultKind, string> = {
  node: "Nodes",
  exit: "Exits",
  variable: "Variables",
  knowledge: "Knowledge",
  note: "Notes",
};
const ICONS: Record<Exclude<ResultKind, "node">, LucideIcon> = {
  exit: CornerDownRight,
  variable: Braces,
  knowledge: BookOpen,
  note: StickyNote,
};

function ResultIcon({ kind, node }: { kind: ResultKind; node: FlowNode | undefined }) {
  if (kind === "node") return node ? <NodeIcon type={node.type} outcome={outcomeOf(node)} /> : null;
  const Icon = ICONS[kind];
  return <Icon size={16} aria-hidden="true" />;
}
