import { expect, test } from "vitest";
import { canSearch, searchTargets } from "../src/frame/search.ts";

const VIEWER = ["self", "calls.read", "campaigns.read"];
const ADMIN = [...VIEWER, "campaigns.write", "members.read", "members.manage", "account.manage", "audit.read"];
const RESULTS = {
  campaigns: [{ id: "cmp_1", name: "Front desk" }],
  calls: [{ id: "call_1", caller: "", campaign: "Front desk", at: "2026-12-01T15:04:00Z" }],
};
const names = (text: string, permissions: string[], deleted = false) =>
  searchTargets(text, permissions, deleted, null).map(({ name }) => name);

test("only pages and actions that the role allows are there", () => {
  expect(names("", VIEWER)).toEqual(["Overview", "Campaigns", "Calls", "Security"]);
  expect(names("", ADMIN)).toEqual(
    expect.arrayContaining(["New campaign", "Invite member", "Members", "General", "Audit log"]),
  );
  expect(names("new", VIEWER)).toEqual([]);
});

test("a deleted account has its own login alone, and nothing to search", () => {
  expect(names("", ADMIN, true)).toEqual(["Security"]);
  expect(canSearch(ADMIN, true)).toBe(false);
  expect(canSearch(["self"], false)).toBe(false);
  expect(canSearch(VIEWER, false)).toBe(true);
});

test("pages are found by name and by where they are, whatever the case", () => {
  expect(names("MEMBER", ADMIN)).toEqual(["Invite member", "Members"]);
  expect(names("settings", ADMIN)).toEqual(["General", "Security", "Deleted items", "Audit log", "Sent mail"]);
});

test("what the server finds leads to its page", () => {
  const targets = searchTargets("desk", VIEWER, false, RESULTS);
  expect(targets.map(({ path, group }) => [group, path])).toEqual([
    ["Campaigns", "/flows/designer/cmp_1"],
    ["Calls", "/calls/call_1"],
  ]);
  expect(targets[1].name).toBe("Caller");
  expect(targets[1].note).toMatch(/^Front desk, /);
});
