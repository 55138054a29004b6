import { expect, test } from "vitest";
import { navigation } from "../src/frame/sections.ts";

const VIEWER = ["self", "calls.read", "campaigns.read", "knowledge.read"];
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
  const menu = navigation(OWNER, false);
  expect(names(menu.work)).toEqual(["Overview", "Campaigns", "Knowledge", "Calls"]);
  expect(names(menu.account)).toEqual(["Members", "API tokens", "Settings"]);
  expect(names(menu.settings)).toEqual(["General", "Security", "Data", "Deleted items", "Audit log", "Sent mail"]);
});

test("Settings leads to the first page that the role allows", () => {
  expect(navigation(OWNER, false).account.at(-1)?.path).toBe("/settings");
  expect(navigation(VIEWER, false).account).toEqual([
    { id: "settings-pages", name: "Settings", path: "/settings/security" },
  ]);
});

test("a deleted account has nothing but the own login", () => {
  const menu = navigation(OWNER, true);
  expect(menu.work).toEqual([]);
  expect(names(menu.settings)).toEqual(["Security"]);
});
