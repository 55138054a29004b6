// How the catalog describes a field, and what an editor of one gets.
import type { catalog } from "../../generated/catalog.ts";

export type Control = (typeof catalog.controls)[number];

export interface FieldInfo {
  label: string;
  hint: string;
  placeholder: string;
  control: Control;
  /** Whether it is seldom changed, and shown apart from the others. */
  advanced: boolean;
  /** Whether nothing can be connected to it yet, so that it's shown only where a flow has it. */
  unavailable?: boolean;
  integer?: boolean;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  maxLength?: number;
  maxItems?: number;
  maxItemLength?: number;
  pattern?: string;
  options?: Record<string, string>;
  /** What a new item has; null where the field may be empty. */
  initial?: unknown;
}

export interface EditorProps<Value> {
  info: FieldInfo;
  /** The path that problems name. */
  field?: string;
  value: Value;
  // A method, so that an editor of one type of value can stand among editors of others.
  set(value: Value): void;
}
