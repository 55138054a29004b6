import fc from "fast-check";
import { expect, test } from "vitest";
import {
  close,
  coverage,
  isInterrupted,
  unspoken,
  visibleCaptions,
  withCaption,
  withSpoken,
  withWords,
  type CallCaption,
} from "../src/call/captions.ts";

const ANSWER = "Pets are welcome: up to two cats or dogs, for 25 euros a month.";
const words = (captions: CallCaption[], id: string, text: string, { written = false, complete = true } = {}) =>
  withWords(captions, { id, text, complete, written }, 1);
const speech = (captions: CallCaption[], segment: string, text: string, final = false) =>
  withSpoken(captions, { segment, text, final }, 2);

test("an answer is there as a whole before it is spoken, and what comes yet is known", () => {
  const announced = words([], "a", ANSWER);
  expect(announced).toMatchObject([{ text: ANSWER, spoken: 0, final: false }]);
  const [caption] = speech(announced, "s", "Pets are welcome:") as [CallCaption];
  expect(unspoken(caption)).toBe(" up to two cats or dogs, for 25 euros a month.");
  expect(isInterrupted(caption)).toBe(false);
});

test("an answer that was heard out has no rest", () => {
  const [caption] = speech(words([], "a", ANSWER), "s", ANSWER, true) as [CallCaption];
  expect(caption).toMatchObject({ final: true, closed: true });
  expect(unspoken(caption)).toBe("");
  expect(isInterrupted(caption)).toBe(false);
});

test("what an interruption left unspoken stays, and is marked", () => {
  const [caption] = speech(words([], "a", ANSWER), "s", "Pets are welcome: up to", true) as [CallCaption];
  expect(isInterrupted(caption)).toBe(true);
  expect(caption.text).toBe(ANSWER);
  expect(unspoken(caption)).toBe(" two cats or dogs, for 25 euros a month.");
});

test("somebody who types reads the whole answer at once, and interrupts nothing", () => {
  const announced = words([], "a", ANSWER, { written: true });
  expect(announced).toMatchObject([{ final: true }]);
  expect(unspoken(announced[0] as CallCaption)).toBe("");
  const speaking = speech(announced, "s", "Pets are");
  expect(unspoken(speaking[0] as CallCaption)).toBe("");
  const stopped = speech(speaking, "s", "Pets are", true);
  expect(unspoken(stopped[0] as CallCaption)).toBe("");
  expect(stopped.map(isInterrupted)).toEqual([false]);
});

test("the same words again belong to the newer utterance", () => {
  let captions = speech(words([], "a", "Are you still there?"), "s1", "Are you still there?", true);
  captions = speech(words(captions, "b", "Are you still there?"), "s2", "Are you", true);
  expect(captions.map(isInterrupted)).toEqual([false, true]);
});

test("what was never begun is not shown, unless it could be read", () => {
  const next = (isWritten: boolean) =>
    words(words([], "a", ANSWER, { written: isWritten }), "b", "Sorry?", { written: isWritten });
  expect(visibleCaptions(next(false)).map(({ id }) => id)).toEqual(["b"]);
  expect(visibleCaptions(next(true)).map(({ id }) => id)).toEqual(["a", "b"]);
});

test("words that nobody announced are shown as they come", () => {
  expect(speech([], "s", "Hello")).toMatchObject([{ id: "s", text: "Hello", final: false }]);
  const [caption] = speech(speech([], "s", "Hello"), "s", "Hello there.", true) as [CallCaption];
  expect(caption).toMatchObject({ text: "Hello there.", final: true });
  expect(unspoken(caption)).toBe("");
});

test("the end of the call closes what is being said", () => {
  const captions = close(speech(words([], "a", ANSWER), "s", "Pets are"));
  expect(captions.map(isInterrupted)).toEqual([true]);
  expect(close(withCaption([], { id: "c", text: "Hm" }, 1))).toMatchObject([{ final: false }]);
});

test("the first words of a text cover it to there, whatever the blanks", () => {
  const parts = fc.array(fc.stringMatching(/^[a-z.,]{1,6}$/), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(parts, fc.nat(), (list, count) => {
      const cut = count % (list.length + 1);
      const text = list.join(" ");
      const covered = coverage(text, ` ${list.slice(0, cut).join("  ")} `);
      expect(text.slice(0, covered)).toBe(list.slice(0, cut).join(" "));
    }),
  );
  expect(coverage("Pets are welcome", "Parking")).toBe(-1);
  expect(coverage("Pets", "Pets are")).toBe(-1);
});
