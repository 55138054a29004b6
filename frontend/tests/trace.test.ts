import { expect, test } from "vitest";
import type { SimulationResult } from "../src/api/schema.ts";
import { classificationOf } from "../src/designer/simulator/simulation.ts";

const option = (id: string, label: string, isChosen: boolean) => ({ id, label, score: 0.5, chosen: isChosen });
const summaryOf = (candidates: SimulationResult["candidates"], ...actions: object[]) =>
  classificationOf({ candidates, actions: actions as SimulationResult["actions"] }).summary;
const BOOKS = option("e1", "books", true);
const MOVES = option("e2", "moves", false);

test("an intent counts once the call has taken its exit", () => {
  expect(summaryOf([BOOKS, MOVES], { type: "enter", edge: "e1" })).toBe("Intent: books");
  expect(summaryOf([BOOKS, MOVES], { type: "enter", edge: "e9" })).toBe("Closest intent: books, not followed");
  expect(summaryOf([BOOKS, MOVES], { type: "answer" })).toBe("Closest intent: books, not followed");
});

test("a score rule counts once it has given points", () => {
  expect(summaryOf([option("s1", "asks the price", true)], { type: "score", rule: "s1" })).toBe(
    "Intent: asks the price",
  );
});

test("nothing is named where nothing was chosen", () => {
  expect(summaryOf([MOVES], { type: "answer" })).toBe("No match: moves");
  expect(summaryOf([MOVES, option("e3", "cancels", false)])).toBe("No intent matched");
});
