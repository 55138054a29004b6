// What the call page asks the public REST API.
import { request } from "../api/client.ts";
import type { PublicCampaign, Rating, StartCall, StartedCall } from "../api/schema.ts";

const campaignPath = (publicId: string) => `/api/public/campaigns/${encodeURIComponent(publicId)}`;

export const loadCampaign = (publicId: string) => request<PublicCampaign>("GET", campaignPath(publicId));
export const startCall = (publicId: string, body: StartCall) =>
  request<StartedCall>("POST", `${campaignPath(publicId)}/calls`, { body });
export const askForAssistant = (call: StartedCall) =>
  request("POST", `/api/public/calls/${call.call_id}/assistant`, { token: call.token });
export const rateCall = (call: StartedCall, body: Rating) =>
  request("POST", `/api/public/calls/${call.call_id}/rating`, { body, token: call.token });
