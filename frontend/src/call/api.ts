// What the call page asks the public REST API.
import { request } from "../api/client.ts";

export { Problem } from "../api/client.ts";
export const loadCampaign = (publicId) => request("GET", `/api/public/campaigns/${encodeURIComponent(publicId)}`);
export const startCall = (publicId, body) =>
  request("POST", `/api/public/campaigns/${encodeURIComponent(publicId)}/calls`, { body });
export const askForAssistant = (call) =>
  request("POST", `/api/public/calls/${call.call_id}/assistant`, { token: call.token });
export const rateCall = (call, body) =>
  request("POST", `/api/public/calls/${call.call_id}/rating`, { body, token: call.token });
