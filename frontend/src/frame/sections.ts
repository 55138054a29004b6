// What the navigation leads to. Only what exists and the role allows is in it.
import type { Permission } from "../api/schema.ts";

export interface Section {
  id: string;
  name: string;
  path: string;
  /** The permission that it asks for. A deleted account has the sections without one. */
  permission?: Permission;
}

const WORK: Section[] = [
  { id: "home", name: "Overview", path: "/", permission: "calls.read" },
  { id: "campaigns", name: "Campaigns", path: "/campaigns", permission: "campaigns.read" },
  { id: "knowledge", name: "Knowledge", path: "/knowledge", permission: "knowledge.read" },
  { id: "calls", name: "Calls", path: "/calls", permission: "calls.read" },
];
const ACCOUNT: Section[] = [
  { id: "members", name: "Members", path: "/settings/members", permission: "members.read" },
  { id: "tokens", name: "API tokens", path: "/settings/tokens", permission: "api_tokens" },
];
const SETTINGS: Section[] = [
  { id: "settings", name: "General", path: "/settings", permission: "account.manage" },
  { id: "security", name: "Security", path: "/settings/security" },
  { id: "data", name: "Data", path: "/settings/data", permission: "data.export" },
  { id: "deleted", name: "Deleted items", path: "/settings/deleted", permission: "campaigns.write" },
  { id: "audit", name: "Audit log", path: "/settings/audit", permission: "audit.read" },
  { id: "mail", name: "Sent mail", path: "/settings/mail", permission: "audit.read" },
];

export interface Navigation {
  work: Section[];
  /** The last one, Settings, leads to the first of `settings`. */
  account: Section[];
  /** The pages of the settings. */
  settings: Section[];
}

export const SETTINGS_ID = "settings-pages";

export function navigation(permissions: string[], deleted: boolean): Navigation {
  const allowed = ({ permission }: Section) => !permission || (!deleted && permissions.includes(permission));
  const settings = SETTINGS.filter(allowed);
  const entry = { id: SETTINGS_ID, name: "Settings", path: settings[0].path };
  return { work: WORK.filter(allowed), account: [...ACCOUNT.filter(allowed), entry], settings };
}
