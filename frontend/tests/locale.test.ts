import { expect, test } from "vitest";
import { englishIn } from "../src/components/locale.ts";

test("words stay English, and the rest is as in the browser's region", () => {
  expect(englishIn("de-AT")).toBe("en-AT");
  expect(englishIn("de")).toBe("en-DE");
  expect(englishIn("en-GB")).toBe("en-GB");
  expect(englishIn("zh-Hant")).toBe("en-TW");
  expect(englishIn("")).toBe("en");
});

test("a time of day follows the region", () => {
  const time = (language: string) =>
    new Intl.DateTimeFormat(englishIn(language), { hour: "numeric", minute: "2-digit", timeZone: "UTC" }).format(
      new Date("2026-12-01T15:04:00Z"),
    );
  expect(time("en-US")).toMatch(/^3:04\sPM$/);
  expect(time("de-DE")).toBe("15:04");
});
