// What the call page asks the public REST API.
import { request } from "../api/client.ts";
import type { CallResult, PublicCampaign, Rating, SharedTranscript, StartCall, StartedCall } from "../api/schema.ts";

const campaignPath = (publicId: string) => `/api/public/campaigns/${encodeURIComponent(publicId)}`;

export const loadCampaign = (publicId: string) => request<PublicCampaign>("GET", campaignPath(publicId));
export const startCall = (publicId: string, body: StartCall) =>
  request<StartedCall>("POST", `${campaignPath(publicId)}/calls`, { body });
export const askForAssistant = (call: StartedCall) =>
  request("POST", `/api/public/calls/${call.call_id}/assistant`, { token: call.token });
export const rateCall = (call: StartedCall, body: Rating) =>
  request("POST", `/api/public/calls/${call.call_id}/rating`, { body, token: call.token });
/** Outlives the page that is being closed. */
export const hangUp = (call: StartedCall) =>
  request("POST", `/api/public/calls/${call.call_id}/hang-up`, { token: call.token, keepalive: true });
export const loadResult = (call: StartedCall) =>
  request<CallResult>("GET", `/api/public/calls/${call.call_id}/result`, { token: call.token });
export const emailTranscript = (call: StartedCall, email: string) =>
  request("POST", `/api/public/calls/${call.call_id}/transcript-email`, { body: { email }, token: call.token });
export const openTranscript = (token: string) =>
  request<SharedTranscript>("POST", "/api/public/transcript", { body: { token } });
