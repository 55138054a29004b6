import fc from "fast-check";
import { expect, test } from "vitest";
import {
  blankRow,
  conditionWords,
  kindsOf,
  OPERATORS,
  rowsOf,
  takesList,
  takesValue,
  textOf,
  withOperator,
  type Kind,
  type Operator,
  type Row,
  type Rows,
} from "../src/designer/model/conditionRows.ts";
import { parse, print } from "../src/designer/model/expression.ts";
import type { Value } from "../src/designer/model/flow.ts";

const KINDS: Record<string, Kind> = {
  ...kindsOf({ variables: [] }),
  urgent: "yes_no",
  bedrooms: "number",
  day: "date",
  city: "text",
};

const date = fc.date({ min: new Date(0), max: new Date("2099-12-31"), noInvalidDate: true });
const VALUES: Partial<Record<Kind, fc.Arbitrary<Value>>> = {
  number: fc.oneof(
    fc.integer({ min: -1e15 + 1, max: 1e15 - 1 }),
    fc.integer({ min: -1e6, max: 1e6 }).map((value) => value / 100),
  ),
  date: date.map((value) => value.toISOString().slice(0, 10)),
  text: fc.string({ minLength: 1 }).map((text) => text.replace(/[\n\r]/g, "") || "x"),
};
const row = fc.constantFrom(...Object.keys(KINDS)).chain((name) =>
  fc.constantFrom(...(Object.keys(OPERATORS[KINDS[name]]) as Operator[])).chain((operator): fc.Arbitrary<Row> => {
    const value = VALUES[KINDS[name]];
    if (!takesValue(operator)) return fc.constant({ name, operator, value: null });
    const values = takesList(operator) ? fc.array(value!, { minLength: 1, maxLength: 4 }) : value!;
    return values.map((operand) => ({ name, operator, value: operand }));
  }),
);
const rows = fc
  .record({ join: fc.constantFrom("and" as const, "or" as const), rows: fc.array(row, { maxLength: 5 }) })
  // What one row is joined by makes no difference.
  .map((group): Rows => ({ ...group, join: group.rows.length > 1 ? group.join : "and" }));

test("rows become a text, and that text the same rows", () => {
  fc.assert(
    fc.property(rows, (group) => {
      expect(rowsOf(textOf(group), KINDS)).toEqual(group);
    }),
  );
});

test("what is read and written again means the same", () => {
  fc.assert(
    fc.property(rows, rows, fc.constantFrom("and" as const, "or" as const), (one, other, type) => {
      const parts = [textOf(one), textOf(other)].flatMap((text) => parse(text) ?? []);
      if (parts.length < 2) return;
      const whole = { type, parts };
      expect(parse(print(whole))).toEqual(whole);
    }),
  );
});

test("no text breaks it, and what rows show is all of the text", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(..."ab =!<>()[],'\"\\19.-\n", "and", "not ") })),
      (text) => {
        const parsedRows = rowsOf(text, KINDS);
        if (parsedRows) expect(rowsOf(textOf(parsedRows), KINDS)).toEqual(parsedRows);
      },
    ),
  );
});

test.each([
  ["score >= 70 and bedrooms == 2 and not urgent", "and", 3],
  ["phone or email", "or", 2],
  ["city in ['Kiel', \"Hamburg\"]", "and", 1],
  ["bedrooms not in [1,2]", "and", 1],
  ["(open and complete) and answered", "and", 3],
  ["urgent == False", "and", 1],
  ["bedrooms > -1.5", "and", 1],
  ["day >= '2026-12-24'", "and", 1],
  ["", "and", 0],
])("%s is shown as rows", (text, join, count) => {
  const parsedRows = rowsOf(text, KINDS);
  expect(parsedRows?.join).toBe(join);
  expect(parsedRows?.rows).toHaveLength(count);
});

test.each([
  "problem and (email or phone)",
  "not (open and complete)",
  "0 < score < 10",
  "70 <= score",
  "bedrooms == people",
  "bedrooms == '2'",
  "city < 'K'",
  "day == 'tomorrow'",
  "not bedrooms > 2",
  "urgent = yes",
  "city == r'Kiel'",
  "city == 'Ki' 'el'",
  "city == 'Kiel\\n'",
  "score == 0x10",
  "score == 1_000",
  "score == 010",
  "score in (1, 2)",
  "score in []",
  "open\nand complete",
  "open is True",
  "Größe > 2",
  "open # yes",
  "open and",
])("%s stays as it is written", (text) => {
  expect(rowsOf(text, KINDS)).toBeNull();
});

test("a row that misses its value is left out", () => {
  const half = blankRow("bedrooms", KINDS);
  expect(half).toEqual({ name: "bedrooms", operator: ">=", value: null });
  expect(textOf({ join: "and", rows: [half, blankRow("urgent", KINDS)] })).toBe("urgent");
  expect(textOf({ join: "and", rows: [half] })).toBe("");
});

test("another operator keeps as much of the value as it can have", () => {
  const listRow = withOperator({ name: "city", operator: "==", value: "Kiel" }, "in");
  expect(listRow.value).toEqual(["Kiel"]);
  expect(withOperator({ ...listRow, value: ["Kiel", "Bonn"] }, "!=").value).toBe("Kiel");
  expect(withOperator(listRow, "known").value).toBeNull();
});

test.each([
  ["score >= 70 and bedrooms == 2", "score at least 70 and bedrooms is 2"],
  ["not tool_ok", "not tool ok"],
  ["problem and (email or phone)", "problem and (email or phone)"],
  ["city in ['Kiel', 'Bonn']", "city is Kiel or Bonn"],
  ["urgent == False", "urgent is no"],
  ["score >=", "score >="],
])("%s in words", (text, words) => {
  expect(conditionWords(text)).toBe(words);
});

test.each([
  ["urgent", "known"],
  ["urgent == True", "known"],
  ["urgent != False", "known"],
  ["urgent == False", "no"],
  ["urgent != True", "no"],
  ["not urgent", "unknown"],
])("%s is one of the three answers to a yes-or-no question", (text, operator) => {
  expect(rowsOf(text, KINDS)?.rows).toEqual([{ name: "urgent", operator, value: null }]);
});

test("a yes-or-no variable offers yes and no, and a no counts once it is given", () => {
  expect(OPERATORS.yes_no).toEqual({ known: "is yes", no: "is no", unknown: "is no or unknown" });
  expect(textOf({ join: "and", rows: [withOperator(blankRow("urgent", KINDS), "no")] })).toBe("urgent == False");
});

test.each(["city == True", "city != False", "bedrooms == True", "urgent < True"])(
  "%s stays as it is written",
  (text) => {
    expect(rowsOf(text, KINDS)).toBeNull();
  },
);
