import { expect, test } from "vitest";
import type { SetupOptions } from "../src/api/schema.ts";
import { asRequest, firstAnswers, missing, restoredAnswers, type Answers } from "../src/setup/answers.ts";

const OPTIONS: SetupOptions = {
  account: "Harbor Cuts",
  assistant_name: "Mira",
  templates: [
    { id: "faq", name: "FAQ", description: "", facts: [{ label: "opening hours", example: "" }] },
    { id: "event", name: "Event", description: "", facts: [{ label: "address", example: "" }] },
  ],
  voices: [
    { id: "", name: "Standard" },
    { id: "aura-2-luna-en", name: "Luna" },
  ],
};
const FIRST = firstAnswers(OPTIONS);
const CREATED = { id: "cmp_1", public_id: "cmp_2", version: 1, problems: [] };
const restore = (answers: Partial<Answers>) => restoredAnswers(JSON.stringify({ ...FIRST, ...answers }), OPTIONS);

test("a reload loses nothing", () => {
  const answers = { step: "facts", template: "event", assistantName: "Bea", facts: { address: "12 Harbor Street" } };
  expect(restore(answers as Partial<Answers>)).toEqual({ ...FIRST, ...answers });
  expect(restore({ step: "done", created: CREATED })).toMatchObject({ step: "done", created: CREATED });
});

test.each([
  null,
  "{",
  JSON.stringify({ step: "nowhere" }),
  JSON.stringify({ template: "gone" }),
  JSON.stringify({ voice: "gone" }),
  JSON.stringify({ step: "done" }),
])("what does not fit begins anew: %s", (text) => {
  expect(restoredAnswers(text, OPTIONS)).toEqual(FIRST);
});

test("only facts of the chosen template are sent, and no empty ones", () => {
  const answers = { ...FIRST, assistantName: " ", facts: { "opening hours": " nine to five ", address: "a" } };
  expect(asRequest(answers, OPTIONS)).toEqual({
    template: "faq",
    assistant_name: "Mira",
    voice: "",
    facts: { "opening hours": "nine to five" },
  });
  expect(asRequest({ ...answers, facts: { "opening hours": "  " } }, OPTIONS).facts).toEqual({});
});

test("what is missing is named once", () => {
  const problem = {
    severity: "error" as const,
    code: "placeholder_unfilled" as const,
    remedy: "",
    node: null,
    edge: null,
    field: null,
  };
  const messages = ["Fill in: address.", "Fill in: opening hours.", "Fill in: address."];
  const problems = messages.map((message) => ({ ...problem, message }));
  expect(missing({ ...CREATED, version: null, problems })).toEqual(["Fill in: address.", "Fill in: opening hours."]);
});
