import { expect, test } from "vitest";
import type { CallCaption } from "../src/call/captions.ts";
import { finalLines } from "../src/call/lines.ts";

const START = 100_000;
const captions: CallCaption[] = [
  {
    id: "a",
    at: START + 1_000,
    speaker: "assistant",
    text: "Hello. How can I help?",
    final: true,
    spoken: 6,
    closed: true,
  },
  { id: "b", at: START + 3_000, speaker: "caller", text: "Is there parking?", final: true, typed: true },
  { id: "c", at: START + 9_000, speaker: "caller", text: "Are you there?", final: false, typed: true },
];
const turns = [
  { speaker: "assistant", text: "Hello.", interrupted: true, offset: 2 },
  { speaker: "caller", text: "Is there parking?", interrupted: false, offset: 5 },
] as const;

test("until the call is stored, the page shows what it heard", () => {
  for (const result of [
    null,
    { status: "active" as const, turns: [...turns] },
    { status: "ended" as const, turns: [] },
  ])
    expect(finalLines(captions, START, result).map(({ text, rest, at, note }) => [text, rest, at, note])).toEqual([
      ["Hello.", " How can I help?", 1_000, "Interrupted"],
      ["Is there parking?", "", 3_000, ""],
      ["Are you there?", "", 9_000, "Not delivered"],
    ]);
});

test("what is stored has the words and times that the business sees", () => {
  const lines = finalLines(captions, START, { status: "ended", turns: [...turns] });
  expect(lines.map(({ speaker, text, at, note }) => [speaker, text, at, note])).toEqual([
    ["assistant", "Hello.", 2_000, "Interrupted"],
    ["caller", "Is there parking?", 5_000, ""],
    ["caller", "Are you there?", 9_000, "Not delivered"],
  ]);
});
