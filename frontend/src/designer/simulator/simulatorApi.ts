// What the simulator asks the REST API.
import { request } from "../../api/client.ts";
import type * as api from "../../api/schema.ts";

export function simulatorApi(campaignId: string) {
  const base = `/api/flows/${encodeURIComponent(campaignId)}`;
  const one = (id: string) => `${base}/cases/${encodeURIComponent(id)}`;
  return {
    step: (body: api.SimulateEvent) => request<api.SimulationResult>("POST", `${base}/simulate`, { body }),
    hear: (body: Blob) => request<api.Transcription>("POST", `${base}/hear`, { body }),
    test: (body: api.RunCases) => request<api.CaseResults>("POST", `${base}/test`, { body }),
    cases: () => request<api.StoredCases>("GET", `${base}/cases`).then(({ cases }) => cases),
    add: (body: api.CaseInput) => request<api.StoredCase>("POST", `${base}/cases`, { body }),
    change: (id: string, body: api.CaseInput) => request<api.StoredCase>("PUT", one(id), { body }),
    remove: (id: string) => request("DELETE", one(id)),
    calls: () => request<api.RecordedCalls>("GET", `${base}/calls`).then(({ calls }) => calls),
    fromCall: (callId: string) =>
      request<api.CaseOfCall>("POST", `${base}/cases/from-call`, { body: { call_id: callId } }),
  };
}
export type SimulatorApi = ReturnType<typeof simulatorApi>;
