import { expect, test } from "vitest";
import { navigation } from "../src/frame/sections.ts";

const VIEWER = ["self", "calls.read", "campaigns.read"];
const OWNER = [
  ...VIEWER,
  "campaigns.write",
  "members.read",
  "api_tokens",
  "account.manage",
  "data.export",
  "audit.read",
];
const names = (sections: { name: string }[]) => sections.map(({ name }) => name);

test("the work stands first, and the housekeeping of the account is in the settings", () => {
  const shown = navigation(OWNER, false);
  expect(names(shown.work)).toEqual(["Overview", "Campaigns", "Calls"]);
  expect(names(shown.account)).toEqual(["Members", "API tokens", "Settings"]);
  expect(names(shown.settings)).toEqual(["General", "Security", "Data", "Deleted items", "Audit log", "Sent mail"]);
});

test("Settings leads to the first page that the role allows", () => {
  expect(navigation(OWNER, false).account.at(-1)?.path).toBe("/settings");
  expect(navigation(VIEWER, false).account).toEqual([
    { id: "settings-pages", name: "Settings", path: "/settings/security" },
  ]);
});

test("a deleted account has nothing but the own login", () => {
  const shown = navigation(OWNER, true);
  expect(shown.work).toEqual([]);
  expect(names(shown.settings)).toEqual(["Security"]);
});
