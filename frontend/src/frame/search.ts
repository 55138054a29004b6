// What the search finds: pages and actions that the role allows, and what the server finds.
import type { Permission, SearchResults } from "../api/schema.ts";
import { dateAndTime } from "../components/locale.ts";
import { navigation } from "./sections.ts";

export interface SearchTarget {
  path: string;
  name: string;
  note?: string;
  kind: "action" | "page" | "campaign" | "call";
  /** Its heading. */
  group: string;
}

const ACTIONS: { name: string; path: string; permission: Permission }[] = [
  { name: "New campaign", path: "/campaigns?new=1", permission: "campaigns.write" },
  { name: "New knowledge base", path: "/knowledge?new=1", permission: "knowledge.write" },
  { name: "Invite member", path: "/settings/members?invite=1", permission: "members.manage" },
];

/** Whether the role may see what the server searches. */
export const canSearch = (permissions: string[], deleted: boolean): boolean =>
  !deleted && permissions.includes("campaigns.read") && permissions.includes("calls.read");

function ownTargets(permissions: string[], deleted: boolean): SearchTarget[] {
  const { work, account, settings } = navigation(permissions, deleted);
  const pages = [...work, ...account.slice(0, -1), ...settings.map((section) => ({ ...section, note: "Settings" }))];
  const actions = ACTIONS.filter(({ permission }) => !deleted && permissions.includes(permission));
  return [
    ...actions.map(({ name, path }): SearchTarget => ({ name, path, kind: "action", group: "Actions" })),
    ...pages.map((page): SearchTarget => ({ ...page, kind: "page", group: "Pages" })),
  ];
}

/** results: of the server, for this text. */
export function searchTargets(
  text: string,
  permissions: string[],
  deleted: boolean,
  results: SearchResults | null,
): SearchTarget[] {
  const query = text.trim().toLowerCase();
  const own = ownTargets(permissions, deleted).filter(({ name, note }) =>
    `${name} ${note ?? ""}`.toLowerCase().includes(query),
  );
  const campaigns = (results?.campaigns ?? []).map(({ id, name }): SearchTarget => {
    return { path: `/flows/designer/${id}`, name, kind: "campaign", group: "Campaigns" };
  });
  const calls = (results?.calls ?? []).map(({ id, caller, campaign, at }): SearchTarget => {
    const note = `${campaign}, ${dateAndTime.format(new Date(at))}`;
    return { path: `/calls/${id}`, name: caller || "Caller", note, kind: "call", group: "Calls" };
  });
  return [...own, ...campaigns, ...calls];
}
