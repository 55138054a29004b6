import { expect, test } from "vitest";
import { valueText } from "../src/call/values.ts";

const toldValue = (kind: string, value: string | number | boolean) => ({ label: "", kind, value, masked: false });

test.each([
  [toldValue("date", "2026-12-03"), "Thursday, December 3, 2026"],
  [toldValue("date", "soon"), "soon"],
  [toldValue("yes_no", true), "Yes"],
  [toldValue("yes_no", false), "No"],
  [toldValue("number", 2), "2"],
  [toldValue("phone", "+1 410 555 0142"), "+1 410 555 0142"],
])("a value reads as people write it", (value, text) => {
  expect(valueText(value, "en-US")).toBe(text);
});
