// What the designer asks the REST API.
import { request, type RequestOptions } from "../../api/client.ts";
import type { CaseResult, Draft, EarlierDraft, Flow, Template } from "../../api/schema.ts";
import type { FlowChange } from "../model/change.ts";
import type { FlowDefinition } from "../model/flow.ts";

interface Change {
  revision: number;
  client: string;
  change: FlowChange;
}
interface Revision {
  revision: number;
}

export function flowApi(campaignId: string) {
  const base = `/api/flows/${encodeURIComponent(campaignId)}`;
  return {
    load: () => request<Flow>("GET", base),
    save: (body: Change, options?: Pick<RequestOptions, "keepalive">) =>
      request<Draft>("PATCH", `${base}/draft`, { body, ...options }),
    /** revision: null replaces whatever is there. */
    replace: (body: { definition: FlowDefinition; revision: number | null }) =>
      request<Draft>("PUT", `${base}/draft`, { body }),
    publish: (body: Revision & { note: string }) => request<{ version: number }>("POST", `${base}/publish`, { body }),
    test: () => request<{ cases: CaseResult[] }>("POST", `${base}/test`, { body: {} }),
    version: (number: number) => request<{ definition: FlowDefinition }>("GET", `${base}/versions/${number}`),
    restore: (number: number, body: Revision) => request<Draft>("POST", `${base}/versions/${number}/restore`, { body }),
    earlier: () => request<{ drafts: EarlierDraft[] }>("GET", `${base}/earlier`),
    earlierDraft: (id: string) => request<{ definition: FlowDefinition }>("GET", `${base}/earlier/${id}`),
    restoreEarlier: (id: string, body: Revision) => request<Draft>("POST", `${base}/earlier/${id}/restore`, { body }),
    templates: () => request<Template[]>("GET", "/api/flows/templates"),
    exportUrl: (version?: number) => `${base}/export${version ? `?version=${version}` : ""}`,
  };
}
export type FlowApi = ReturnType<typeof flowApi>;
