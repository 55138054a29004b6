// A condition as rows of variable, operator, and value, all or any of which have to be true.
import { catalog } from "../../generated/catalog.ts";
import { parse, print, type Expression } from "./expression.ts";
import type { FlowDefinition, Value, VariableType } from "./flow.ts";

/** What a variable holds, as far as conditions tell it apart. */
export type Kind = "text" | "number" | "date" | "yes_no";
export type Operator = "known" | "unknown" | "no" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "not in";
export interface Row {
  name: string;
  operator: Operator;
  /** A list for “in” and “not in”, none for “known”, “unknown”, and “no”; null where it is still missing. */
  value: Value | Value[] | null;
}
export interface Rows {
  join: "and" | "or";
  rows: Row[];
}

const BUILT_IN: Record<string, Kind> = catalog.conditionKinds.builtIn;
const VARIABLES: Record<VariableType, Kind> = catalog.conditionKinds.variables;

const IS = { "==": "is", "!=": "is not" } as const;
const IS_ONE_OF = { in: "is one of", "not in": "is none of" } as const;
const FILLED = { known: "has a value", unknown: "has no value" } as const;

/** The operators of each kind, most used first, and what they are called. */
export const OPERATORS: Record<Kind, Partial<Record<Operator, string>>> = {
  yes_no: { known: "is yes", no: "is no", unknown: "is no or unknown" },
  number: {
    ">=": "is at least",
    "<=": "is at most",
    ">": "is more than",
    "<": "is less than",
    ...IS,
    ...IS_ONE_OF,
    known: "has a value other than 0",
    unknown: "is 0 or has no value",
  },
  date: {
    "==": "is on",
    ">=": "is on or after",
    "<=": "is on or before",
    ">": "is after",
    "<": "is before",
    "!=": "is not on",
    ...FILLED,
  },
  text: { ...IS, ...FILLED, ...IS_ONE_OF },
};

const TAKES_NONE: Operator[] = ["known", "unknown", "no"];
const TAKES_LIST: Operator[] = ["in", "not in"];
export const takesValue = (operator: Operator) => !TAKES_NONE.includes(operator);
export const takesList = (operator: Operator) => TAKES_LIST.includes(operator);

/** What each name that a condition may use holds. */
export function kindsOf({ variables }: Pick<FlowDefinition, "variables">): Record<string, Kind> {
  const own = variables.map(({ name, type }) => [name, VARIABLES[type]]);
  return { ...Object.fromEntries(own), ...BUILT_IN };
}

/** The kind of a name; for one that the flow doesn't have, what its value suggests. */
export function kindOf({ name, value }: Row, kinds: Record<string, Kind>): Kind {
  const [first] = Array.isArray(value) ? value : [value];
  if (Object.hasOwn(kinds, name)) return kinds[name];
  return typeof first === "number" ? "number" : typeof first === "boolean" ? "yes_no" : "text";
}

const HOLDS: Partial<Record<Kind, string>> = { number: "number", date: "string", text: "string" };
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Whether the controls of a row can show it. */
function fits(row: Row, kinds: Record<string, Kind>): boolean {
  const kind = kindOf(row, kinds);
  if (!(row.operator in OPERATORS[kind])) return false;
  if (!takesValue(row.operator)) return true;
  return [row.value]
    .flat()
    .every((value) => typeof value === HOLDS[kind] && (kind !== "date" || DAY.test(String(value))));
}

function rowOf(expression: Expression): Row | null {
  switch (expression.type) {
    case "name":
      return { name: expression.name, operator: "known", value: null };
    case "not":
      return { name: expression.name, operator: "unknown", value: null };
    case "compare":
      return { name: expression.name, operator: expression.operator, value: expression.value };
    case "member":
      return { name: expression.name, operator: expression.operator, value: expression.values };
    default:
      return null;
  }
}

// “== True” and “!= False” are yes; what nobody has answered is neither.
function answerOf(row: Row | null, kinds: Record<string, Kind>): Row | null {
  if (!row || kinds[row.name] !== "yes_no" || typeof row.value !== "boolean") return row;
  if (row.operator !== "==" && row.operator !== "!=") return null;
  return { name: row.name, operator: (row.operator === "==") === row.value ? "known" : "no", value: null };
}

// The parts of what is joined by the same word, however they are grouped.
const flat = (expression: Expression, join: Rows["join"]): Expression[] =>
  expression.type === join ? expression.parts.flatMap((part) => flat(part, join)) : [expression];

/** null where rows can't show all of the condition. */
export function rowsOf(text: string, kinds: Record<string, Kind>): Rows | null {
  if (!text.trim()) return { join: "and", rows: [] };
  const expression = parse(text);
  if (!expression) return null;
  const join = expression.type === "or" ? "or" : "and";
  const rows = flat(expression, join).map((part) => answerOf(rowOf(part), kinds));
  return rows.every((row) => row !== null && fits(row, kinds)) ? { join, rows: rows as Row[] } : null;
}

export const isComplete = ({ operator, value }: Row) =>
  !takesValue(operator) || (Array.isArray(value) ? value.length > 0 : value !== null && value !== "");

function expressionOf({ name, operator, value }: Row): Expression {
  if (operator === "known") return { type: "name", name };
  if (operator === "unknown") return { type: "not", name };
  if (operator === "no") return { type: "compare", name, operator: "==", value: false };
  if (operator === "in" || operator === "not in") return { type: "member", name, operator, values: value as Value[] };
  return { type: "compare", name, operator, value: value as Value };
}

/** The condition of the rows; those that miss a value are left out. */
export function textOf({ join, rows }: Rows): string {
  const parts = rows.filter(isComplete).map(expressionOf);
  return parts.length > 1 ? print({ type: join, parts }) : parts.map(print).join("");
}

/** A row about this variable, as it begins. */
export function blankRow(name: string, kinds: Record<string, Kind>): Row {
  const [operator] = Object.keys(OPERATORS[kinds[name] ?? "text"]) as Operator[];
  return { name, operator, value: takesList(operator) ? [] : null };
}

/** The row with another operator, and as much of its value as that can have. */
export function withOperator(row: Row, operator: Operator): Row {
  const values = [row.value].flat().filter((value) => value !== null && value !== "");
  if (!takesValue(operator)) return { ...row, operator, value: null };
  return { ...row, operator, value: takesList(operator) ? (values as Value[]) : (values[0] ?? null) };
}

const WORDS: Partial<Record<Operator, string>> = {
  "==": "is",
  "!=": "is not",
  "<": "less than",
  "<=": "at most",
  ">": "more than",
  ">=": "at least",
  in: "is",
  "not in": "is not",
};
const wordOf = (value: Value) => (value === true ? "yes" : value === false ? "no" : String(value));

function rowWords({ name, operator, value }: Row): string {
  const plain = name.replaceAll("_", " ");
  if (operator === "known") return plain;
  if (operator === "unknown") return `not ${plain}`;
  const values = [value].flat().map((one) => wordOf(one as Value));
  return `${plain} ${WORDS[operator]} ${values.join(operator === "not in" ? " nor " : " or ")}`;
}

function expressionWords(expression: Expression): string {
  const row = rowOf(expression);
  if (row) return rowWords(row);
  const { type, parts } = expression as Extract<Expression, { parts: Expression[] }>;
  return parts
    .map((part) => ("parts" in part ? `(${expressionWords(part)})` : expressionWords(part)))
    .join(` ${type} `);
}

/** A condition in a few plain words, or as it is written where it can't be read. */
export function conditionWords(text: string): string {
  const expression = parse(text);
  return expression ? expressionWords(expression) : text;
}
