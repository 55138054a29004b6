import { expect, test } from "vitest";
import { valueText } from "../src/call/values.ts";

const told = (kind: string, value: string | number | boolean) => ({ label: "", kind, value, masked: false });

test.each([
  [told("date", "2026-12-03"), "Thursday, December 3, 2026"],
  [told("date", "soon"), "soon"],
  [told("yes_no", true), "Yes"],
  [told("yes_no", false), "No"],
  [told("number", 2), "2"],
  [told("phone", "+1 410 555 0142"), "+1 410 555 0142"],
])("a value reads as people write it", (value, text) => {
  expect(valueText(value, "en-US")).toBe(text);
});
