import { expect, test } from "vitest";
import { compare } from "../src/designer/model/change.ts";
import { differInSpaces, labelOf, textsOf } from "../src/designer/model/describe.ts";
import * as edits from "../src/designer/model/edits.ts";
import type { FlowDefinition } from "../src/designer/model/flow.ts";
import { VOICES } from "../src/designer/model/definition.ts";
import { EMPTY } from "./flows.ts";

function texts(before: FlowDefinition, after: FlowDefinition) {
  return compare(before, after).flatMap(({ list, fields }) =>
    fields.map((field) => [labelOf(list, field.name), ...textsOf(list, field, { before, after })]),
  );
}

test("a long text is compared whole", () => {
  const long = "Hello, this is Bea. ".repeat(20);
  const before = edits.setNode(EMPTY, "start", { greeting: `${long}Goodbye.` });
  const after = edits.setNode(EMPTY, "start", { greeting: `${long}Bye.` });
  expect(texts(before, after)).toEqual([["Greeting", `${long}Goodbye.`, `${long}Bye.`]]);
});

test("nodes have their names, conditions are in words, and options are what panels call them", () => {
  const [withEnd, end] = edits.addNode(EMPTY, "end", { x: 0, y: 0 });
  const [connected, exit] = edits.connect(withEnd, "start", end);
  const before = edits.setCondition(connected, exit, { type: "expression", expression: "score >= 70" });
  const after = edits.setCondition(before, exit, { type: "expression", expression: "score >= 80" });
  expect(texts(before, after)).toEqual([["Condition", "score at least 70", "score at least 80"]]);
  const handed = edits.setNode(before, end, { outcome: "handoff" });
  expect(texts(before, handed)).toEqual([["Outcome", "Hang up", "Hand off to a person"]]);
  expect(texts(before, { ...before, start: end })).toEqual([["Start", "Start", "Goodbye"]]);
});

test("conditions that read alike are shown as they are written", () => {
  const [withEnd, end] = edits.addNode(EMPTY, "end", { x: 0, y: 0 });
  const [connected, exit] = edits.connect(withEnd, "start", end);
  const before = edits.setCondition(connected, exit, { type: "expression", expression: "rooms == 2" });
  const after = edits.setCondition(before, exit, { type: "expression", expression: "rooms == '2'" });
  expect(texts(before, after)).toEqual([["Condition", "rooms == 2", "rooms == '2'"]]);
});

test("each part of the rules is there", () => {
  const { rules } = EMPTY;
  const after: FlowDefinition = {
    ...EMPTY,
    rules: {
      handoff: { ...rules.handoff, wish: true, keywords: ["complaint"] },
      hours: [{ day: "mon", opens: "09:00", closes: "18:00" }],
      scores: [{ id: "s1", reason: "big", points: 10, when: { type: "keywords", keywords: ["many", "lots"] } }],
    },
  };
  const [handoff, scores, hours] = texts(EMPTY, after);
  expect(handoff[2]).toContain("When the caller asks: Yes\nOn keywords: complaint");
  expect(scores).toEqual(["Score", "", "+10 big: many, lots"]);
  expect(hours).toEqual(["Opening hours", "", "Monday 09:00–18:00"]);
});

test("a voice has the name that the list of voices shows", () => {
  const [[voice, name]] = VOICES;
  const withVoice = edits.setNode(EMPTY, "start", { voice });
  expect(texts(EMPTY, withVoice)).toEqual([["Voice", "Default", name]]);
  expect(texts(withVoice, edits.setNode(EMPTY, "start", { voice: "gone-voice-en" }))[0][2]).toBe("gone-voice-en");
});

test("what was in knowledge that is removed or added is shown", () => {
  const source = { id: "prices", name: "Prices", texts: ["Ten euros.", "VAT included."], base: null, example: false };
  const withSource: FlowDefinition = { ...EMPTY, knowledge: [source] };
  const [removed] = compare(withSource, EMPTY);
  expect([removed.kind, removed.name]).toEqual(["removed", "Prices"]);
  expect(texts(withSource, EMPTY)).toEqual([[labelOf("knowledge", "texts"), "Ten euros.\n\nVAT included.", ""]]);
  expect(texts(EMPTY, withSource)[0][2]).toBe("Ten euros.\n\nVAT included.");
});

test.each([
  ["Hello,  there.", "Hello, there.\n", true],
  ["Hello, there.", "Hello, there.", false],
  ["Hello there.", "Hellothere.", false],
  ["", " ", true],
])("%j and %j differ in spaces alone: %s", (before, after, expected) => {
  expect(differInSpaces(before, after)).toBe(expected);
});
