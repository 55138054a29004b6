import { expect, test } from "vitest";
import { withValues } from "../src/components/search.ts";

function form(values: Record<string, string>) {
  const data = new FormData();
  for (const [name, value] of Object.entries(values)) data.set(name, value);
  return data;
}

test("a filter keeps what is typed in the form, and drops what is not in it anymore", () => {
  const names = ["text", "since", "tests", ""];
  expect(withValues("/calls?status=failed", names, form({ text: "a & b", since: "" }))).toBe(
    "/calls?status=failed&text=a+%26+b",
  );
  expect(withValues("/calls?text=old&tests=1&status=failed", names, form({ text: "new" }))).toBe(
    "/calls?text=new&status=failed",
  );
  expect(withValues("/calls?tests=1", names, form({ text: "" }))).toBe("/calls");
});
