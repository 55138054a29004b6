// What the designer asks the REST API.
import { request } from "../../api/client.ts";

export { Problem } from "../../api/client.ts";

export function flowApi(campaignId) {
  const base = `/api/flows/${encodeURIComponent(campaignId)}`;
  return {
    load: () => request("GET", base),
    save: (body, options) => request("PATCH", `${base}/draft`, { body, ...options }),
    replace: (body) => request("PUT", `${base}/draft`, { body }),
    publish: (body) => request("POST", `${base}/publish`, { body }),
    test: () => request("POST", `${base}/test`, { body: {} }),
    version: (number) => request("GET", `${base}/versions/${number}`),
    restore: (number, body) => request("POST", `${base}/versions/${number}/restore`, { body }),
    earlier: () => request("GET", `${base}/earlier`),
    earlierDraft: (id) => request("GET", `${base}/earlier/${id}`),
    restoreEarlier: (id, body) => request("POST", `${base}/earlier/${id}/restore`, { body }),
    templates: () => request("GET", "/api/flows/templates"),
    exportUrl: (version) => `${base}/export${version ? `?version=${version}` : ""}`,
  };
}
