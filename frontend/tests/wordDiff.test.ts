import fc from "fast-check";
import { expect, test } from "vitest";
import { diffWords } from "../src/designer/model/wordDiff.ts";

const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc
    .array(fc.constantFrom("hello", "you", "a", " ", " ", "\n", ".", "don't", "Größe"), { maxLength: 40 })
    .map((all) => all.join("")),
);

test("without what was added it is the text before, without what was removed the one after", () => {
  fc.assert(
    fc.property(text, text, (before, after) => {
      const parts = diffWords(before, after);
      const only = (other: string) => parts.flatMap((part) => (part.type === other ? [] : [part.text])).join("");
      expect(only("added")).toBe(before);
      expect(only("removed")).toBe(after);
    }),
  );
});

test("a text is the same as itself", () => {
  fc.assert(
    fc.property(text, (one) => {
      expect(diffWords(one, one)).toEqual(one ? [{ type: "same", text: one }] : []);
    }),
  );
});

test("only the words that differ are marked, wherever they stand", () => {
  const start =
    "Hello, this is Bea from the dental practice on Harbor Street, and I am an assistant that is not a person. ";
  expect(diffWords(`${start}We open at nine.`, `${start}We open at ten today.`)).toEqual([
    { type: "same", text: `${start}We open at ` },
    { type: "removed", text: "nine" },
    { type: "added", text: "ten today" },
    { type: "same", text: "." },
  ]);
});

test("long texts that share nothing are compared in no time", () => {
  const words = (word: string) => Array.from({ length: 4000 }, (_, index) => `${word}${index}`).join(" ");
  const parts = diffWords(words("a"), words("b"));
  expect(parts.map(({ type }) => type)).toEqual(["removed", "added"]);
});
