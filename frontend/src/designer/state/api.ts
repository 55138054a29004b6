// What the designer asks the REST API.
import { request, type RequestOptions } from "../../api/client.ts";
import type * as api from "../../api/schema.ts";

export function flowApi(campaignId: string) {
  const base = `/api/flows/${encodeURIComponent(campaignId)}`;
  return {
    load: () => request<api.Flow>("GET", base),
    draft: () => request<api.Draft>("GET", `${base}/draft`),
    save: (body: api.ChangeDraft, options?: Pick<RequestOptions, "keepalive">) =>
      request<api.SavedDraft>("PATCH", `${base}/draft`, { body, ...options }),
    /** revision: null replaces whatever is there. */
    replace: (body: api.ReplaceDraft) => request<api.SavedDraft>("PUT", `${base}/draft`, { body }),
    publish: (body: api.Publish) => request<api.PublishedVersion>("POST", `${base}/publish`, { body }),
    test: (body: api.RunCases = {}) => request<api.CaseResults>("POST", `${base}/test`, { body }),
    version: (number: number) => request<api.VersionDefinition>("GET", `${base}/versions/${number}`),
    restore: (number: number, body: api.Restore) =>
      request<api.SavedDraft>("POST", `${base}/versions/${number}/restore`, { body }),
    earlier: () => request<api.EarlierDrafts>("GET", `${base}/earlier`),
    earlierDraft: (id: string) => request<api.EarlierDraftDefinition>("GET", `${base}/earlier/${id}`),
    restoreEarlier: (id: string, body: api.Restore) =>
      request<api.SavedDraft>("POST", `${base}/earlier/${id}/restore`, { body }),
    templates: () => request<api.Template[]>("GET", "/api/flows/templates"),
    exportUrl: (version?: number) => `${base}/export${version ? `?version=${version}` : ""}`,
  };
}
export type FlowApi = ReturnType<typeof flowApi>;
