// What the simulator asks the REST API.
import { request } from "../../api/client.ts";
import type {
  CaseOfCall,
  CaseResult,
  RecordedCall,
  SavedCase,
  SimulationRequest,
  SimulationResult,
  TestCase,
} from "../../api/schema.ts";
import type { FlowDefinition } from "../model/flow.ts";

export function simulatorApi(campaignId: string) {
  const base = `/api/flows/${encodeURIComponent(campaignId)}`;
  const one = (id: string) => `${base}/cases/${encodeURIComponent(id)}`;
  return {
    step: (body: SimulationRequest) => request<SimulationResult>("POST", `${base}/simulate`, { body }),
    hear: (body: Blob) => request<{ text: string }>("POST", `${base}/hear`, { body }),
    test: (body: { definition: FlowDefinition }) => request<{ cases: CaseResult[] }>("POST", `${base}/test`, { body }),
    cases: () => request<{ cases: SavedCase[] }>("GET", `${base}/cases`).then(({ cases }) => cases),
    add: (body: TestCase) => request<SavedCase>("POST", `${base}/cases`, { body }),
    change: (id: string, body: TestCase) => request<SavedCase>("PUT", one(id), { body }),
    remove: (id: string) => request("DELETE", one(id)),
    calls: () => request<{ calls: RecordedCall[] }>("GET", `${base}/calls`).then(({ calls }) => calls),
    fromCall: (callId: string) => request<CaseOfCall>("POST", `${base}/cases/from-call`, { body: { call_id: callId } }),
  };
}
export type SimulatorApi = ReturnType<typeof simulatorApi>;
