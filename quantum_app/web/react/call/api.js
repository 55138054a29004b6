// The public REST API. Errors are problem+json; `Problem` carries its code and words.

export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || body.title || "Something went wrong. Please try again.");
    this.status = status;
    this.code = body.code || "error";
    this.retryAfter = body.retry_after;
  }
}

async function request(method, path, { body, token } = {}) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: {
        ...(body ? { "content-type": "application/json" } : {}),
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
      body: body ? JSON.stringify(body) : undefined,
    });
  } catch {
    throw new Problem(0, { code: "offline", detail: "You seem to be offline. Check your connection and try again." });
  }
  const content = response.headers.get("content-type") || "";
  const data = content.includes("json") ? await response.json() : {};
  if (!response.ok) throw new Problem(response.status, data);
  return data;
}

export const loadCampaign = (publicId) => request("GET", `/api/public/campaigns/${encodeURIComponent(publicId)}`);
export const startCall = (publicId, body) =>
  request("POST", `/api/public/campaigns/${encodeURIComponent(publicId)}/calls`, { body });
export const askForAssistant = (call) => request("POST", `/api/public/calls/${call.call_id}/assistant`, { token: call.token });
export const rateCall = (call, body) => request("POST", `/api/public/calls/${call.call_id}/rating`, { body, token: call.token });
