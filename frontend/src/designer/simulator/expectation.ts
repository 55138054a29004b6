// What is expected of a case: at first what happened, for its author to choose from.
import { catalog } from "../../generated/catalog.ts";
import type { CaseExpectation, CaseSetup, TestCase } from "../../api/schema.ts";
import type { Value } from "../model/flow.ts";

/** What happened on the simulated call. */
export interface Outcome {
  path: string[];
  values: Record<string, Value>;
  said: string[];
  score: number;
  ended: boolean;
  handsOff: boolean;
}
/** A case of the server, or a new one with what happened. */
export type EditedCase = CaseSetup & { id?: string; outcome?: Outcome; expected?: CaseExpectation };

// What of a text is worth expecting: its first sentence.
const sentence = (text: string) => (text.match(/^.*?[.!?](?=\s|$)/)?.[0] || text).slice(0, catalog.limits.line);
const withoutRepeats = (list: string[]) => list.filter((one, place) => one !== list[place - 1]);

const NOTHING: CaseExpectation = { path: [], variables: {}, phrases: [], score: null, ends: null, hands_off: null };

export function expectationOf({ outcome, expected }: EditedCase): CaseExpectation {
  if (!outcome) return { ...NOTHING, ...expected };
  return {
    path: withoutRepeats(outcome.path),
    variables: outcome.values,
    score: outcome.score,
    phrases: outcome.said.slice(-1).map(sentence),
    ends: outcome.ended,
    hands_off: outcome.handsOff || null,
  };
}

/** The nodes to choose from. */
export const pathChoices = ({ outcome, expected }: EditedCase) =>
  outcome ? withoutRepeats(outcome.path) : (expected?.path ?? []);

// Which places of the whole path are in the chosen one: the same node may be met twice.
function placesOf(selectedIds: string[], path: string[]) {
  const places: number[] = [];
  for (const id of selectedIds) {
    const at = path.findIndex((one, place) => one === id && place > (places.at(-1) ?? -1));
    if (at >= 0) places.push(at);
  }
  return places;
}
export const isChosen = (selectedIds: string[], path: string[], place: number) =>
  placesOf(selectedIds, path).includes(place);
export function choosePlace(selectedIds: string[], path: string[], place: number, on: boolean) {
  const places = new Set(placesOf(selectedIds, path));
  if (on) places.add(place);
  else places.delete(place);
  return path.filter((_, at) => places.has(at));
}

/** The case as the server keeps it. */
export function testOf(edited: EditedCase, changes: Pick<TestCase, "name" | "turns" | "expected">): TestCase {
  const { collected, known_caller, consent, begins, time_zone, operators } = edited;
  const expected = { ...edited.expected, ...changes.expected };
  return { collected, known_caller, consent, begins, time_zone, operators, ...changes, expected };
}
