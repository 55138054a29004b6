// What can be set at each kind of node. Fields and their order come from the catalog.
import { catalog } from "../../generated/catalog.ts";
import type { FlowNode, NodePatch, NodeType } from "../model/flow.ts";
import type { FieldInfo } from "./editor.ts";
import { EditorFields, offered } from "./EditorFields.tsx";

interface PanelProps {
  node: FlowNode;
  set: (patch: NodePatch) => void;
}

// A node that hears nothing never reaches its limit of turns.
function fieldsOf(type: NodeType, advanced: boolean): Record<string, FieldInfo> {
  const { fields, listens } = catalog.nodeTypes[type];
  const entries: [string, FieldInfo][] = Object.entries(fields);
  return Object.fromEntries(
    entries.filter(([name, field]) => field.advanced === advanced && (listens || name !== "limit")),
  );
}

/** What a node is about. */
export const NodePanel = ({ node, set }: PanelProps) => (
  <EditorFields fields={fieldsOf(node.type, false)} item={node} set={(patch) => set(patch as NodePatch)} />
);

/** What is seldom changed. */
export const MoreSettings = ({ node, set }: PanelProps) => (
  <EditorFields fields={fieldsOf(node.type, true)} item={node} set={(patch) => set(patch as NodePatch)} />
);

export const hasMoreSettings = (node: FlowNode) => offered(fieldsOf(node.type, true), node).length > 0;
