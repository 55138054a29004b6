// The list of a flow's problems, whichever version of the product found them.
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import type { FlowProblem } from "../src/api/schema.ts";
import { ProblemBadge, ProblemItems } from "../src/designer/panels/Problems.tsx";
import { FlowContext } from "../src/designer/state/context.ts";
import { createFlowStore } from "../src/designer/state/store.ts";
import { catalog } from "../src/generated/catalog.ts";
import { EMPTY } from "./flows.ts";

const problem: FlowProblem = {
  code: "too_many_problems",
  severity: "error",
  message: "The gate asks for a secret.",
  remedy: "Ask for something else.",
  node: "start",
  edge: null,
  field: null,
};

function listOf(problems: FlowProblem[]) {
  const store = createFlowStore({ definition: EMPTY, revision: 1, canWrite: true });
  const list = createElement(ProblemItems, { problems, onShow: () => undefined });
  return renderToStaticMarkup(createElement(FlowContext.Provider, { value: store }, list));
}

test("a problem has a title, and says where it is, what is wrong and what to do", () => {
  const list = listOf([problem]);
  for (const text of [
    catalog.flowProblems.too_many_problems.title,
    "Start",
    problem.message,
    "Ask for something else.",
  ])
    expect(list).toContain(text);
});

test("a problem that this page has no title for shows its text all the same", () => {
  const list = listOf([{ ...problem, code: "found_by_a_later_version" as FlowProblem["code"] }]);
  for (const text of ["Start", problem.message, "Ask for something else."]) expect(list).toContain(text);
});

test("a flow whose new nodes are incomplete is unfinished rather than right", () => {
  const badgeOf = (problems: FlowProblem[]) => {
    const store = createFlowStore({ definition: EMPTY, revision: 1, canWrite: true, problems });
    const badge = createElement(ProblemBadge, { open: false, toggle: () => undefined });
    return renderToStaticMarkup(createElement(FlowContext.Provider, { value: store }, badge));
  };
  expect(badgeOf([problem])).toContain("Unfinished");
  expect(badgeOf([])).toContain("No problems");
  expect(badgeOf([{ ...problem, node: null, field: "rules" }])).toContain("1 error");
});
