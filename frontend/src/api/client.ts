// The REST API. Errors are problem+json; `Problem` carries its code, its words, the field they belong to, and all of it.
// body: JSON, or a Blob as it is. keepalive: the request outlives the page.

export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || body.title || "Something went wrong. Please try again.");
    this.status = status;
    this.code = body.code || "error";
    this.field = body.field;
    this.retryAfter = body.retry_after;
    this.body = body;
  }
}

export async function request(method, path, { body, token, keepalive = false } = {}) {
  let response;
  try {
    response = await fetch(path, {
      method,
      keepalive,
      headers: {
        ...(body ? { "content-type": body instanceof Blob ? body.type : "application/json" } : {}),
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
      body: body && !(body instanceof Blob) ? JSON.stringify(body) : body,
    });
  } catch {
    throw new Problem(0, { code: "offline", detail: "You seem to be offline. Check your connection and try again." });
  }
  const content = response.headers.get("content-type") || "";
  const data = content.includes("json") ? await response.json() : {};
  if (!response.ok) throw new Problem(response.status, data);
  return data;
}
