// What is chosen while an assistant is set up. It stays in the tab, so that a reload loses nothing.
import type { NewAssistant, SetUpAssistant, SetupOptions, SetupTemplate } from "../api/schema.ts";

export const STEPS = ["template", "voice", "facts", "done"] as const;
export type Step = (typeof STEPS)[number];

export interface Answers {
  step: Step;
  template: string;
  assistantName: string;
  voice: string;
  /** By label, whatever the template. */
  facts: Record<string, string>;
  /** The campaign, once it was created. */
  created: NewAssistant | null;
}

export function firstAnswers(options: SetupOptions): Answers {
  return {
    step: "template",
    template: options.templates[0].id,
    assistantName: options.assistant_name,
    voice: options.voices[0].id,
    facts: {},
    created: null,
  };
}

/** What the tab kept, where it still fits the options. */
export function restoredAnswers(savedText: string | null, options: SetupOptions): Answers {
  const first = firstAnswers(options);
  let answers: Answers;
  try {
    answers = { ...first, ...(JSON.parse(savedText ?? "{}") as Partial<Answers>) };
  } catch {
    return first;
  }
  const isValid =
    STEPS.includes(answers.step) &&
    options.templates.some(({ id }) => id === answers.template) &&
    options.voices.some(({ id }) => id === answers.voice) &&
    (answers.step === "done") === (answers.created !== null);
  return isValid ? answers : first;
}

export const chosenTemplate = (answers: Answers, options: SetupOptions): SetupTemplate =>
  options.templates.find(({ id }) => id === answers.template) ?? options.templates[0];

/** Facts that belong to the chosen template, without empty ones. */
export function asRequest(answers: Answers, options: SetupOptions): SetUpAssistant {
  const labels = chosenTemplate(answers, options).facts.map(({ label }) => label);
  const facts = labels.map((label): [string, string] => [label, answers.facts[label]?.trim() ?? ""]);
  return {
    template: answers.template,
    assistant_name: answers.assistantName.trim() || options.assistant_name,
    voice: answers.voice,
    facts: Object.fromEntries(facts.filter(([, text]) => text)),
  };
}

/** What is missing before it can be published, each once. */
export const missing = (created: NewAssistant): string[] => [
  ...new Set(created.problems.map(({ message }) => message)),
];
