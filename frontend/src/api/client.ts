// Requests to the REST API. Errors are problem+json.
import type { catalog } from "../generated/catalog.ts";

/** What went wrong: with the API, or before it was reached. */
export type ProblemCode = (typeof catalog.problemCodes)[number] | "offline";

export interface ProblemBody {
  title?: string;
  detail?: string;
  code?: ProblemCode;
  field?: string;
  retry_after?: number;
}

/** An answer that is an error. status: 0 when there was no answer. field: which field of the request is wrong. */
export class Problem<Body extends ProblemBody = ProblemBody> extends Error {
  status: number;
  code: ProblemCode;
  field: string | undefined;
  /** In seconds. */
  retryAfter: number | undefined;
  body: Body;

  constructor(status: number, body: Body) {
    super(body.detail || body.title || "Something went wrong. Try again.");
    this.status = status;
    this.code = body.code || "error";
    this.field = body.field;
    this.retryAfter = body.retry_after;
    this.body = body;
  }
}

/** Any error as a problem that can be shown. */
export const asProblem = (error: unknown): Problem =>
  error instanceof Problem ? error : new Problem(0, { detail: error instanceof Error ? error.message : "" });

export interface RequestOptions {
  /** Sent as JSON, or a Blob as it is. */
  body?: unknown;
  token?: string;
  /** Whether the request outlives the page. */
  keepalive?: boolean;
}

/** Throws Problem. */
export async function request<Answer = unknown>(
  method: string,
  path: string,
  { body, token, keepalive = false }: RequestOptions = {},
): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      keepalive,
      headers: {
        ...(body ? { "content-type": body instanceof Blob ? body.type : "application/json" } : {}),
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
      body: body instanceof Blob ? body : body ? JSON.stringify(body) : undefined,
    });
  } catch {
    throw new Problem(0, { code: "offline", detail: "You're offline. Check your connection and try again." });
  }
  const content = response.headers.get("content-type") || "";
  const data = content.includes("json") ? await response.json() : {};
  if (!response.ok) throw new Problem(response.status, data);
  return data as Answer;
}
