// Files on their way to a knowledge base. A stored file leaves the list: the page shows its document.

export interface Upload {
  id: number;
  file: File;
  status: "waiting" | "sending" | "failed";
  /** In percent, of what is sent. */
  progress: number;
  /** Why it failed. */
  problem: string;
  /** Whether the same file may succeed another time. */
  retryable: boolean;
}

export type UploadAction =
  | { type: "add"; files: File[]; largest: number }
  | { type: "start"; id: number }
  | { type: "progress"; id: number; progress: number }
  | { type: "fail"; id: number; problem: string; retryable: boolean }
  | { type: "retry"; id: number }
  | { type: "remove"; id: number };

/** How many are sent at the same time. */
export const AT_ONCE = 2;

export const sizeInWords = (bytes: number): string =>
  bytes <= 999_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;

/** What keeps a file from being sent, or "". */
function refusal(file: File, largest: number): string {
  if (file.size === 0) return "This file is empty.";
  return file.size > largest ? `This file is larger than ${largest / 1_000_000} MB. Split it.` : "";
}

let count = 0;

export function reduce(uploads: Upload[], action: UploadAction): Upload[] {
  const change = (id: number, values: Partial<Upload>) =>
    uploads.map((upload) => (upload.id === id ? { ...upload, ...values } : upload));
  switch (action.type) {
    case "add":
      return [
        ...uploads,
        ...action.files.map((file): Upload => {
          const problem = refusal(file, action.largest);
          return { id: ++count, file, status: problem ? "failed" : "waiting", progress: 0, problem, retryable: false };
        }),
      ];
    case "start":
      return change(action.id, { status: "sending", progress: 0 });
    case "progress":
      return change(action.id, { progress: action.progress });
    case "fail":
      return change(action.id, { status: "failed", problem: action.problem, retryable: action.retryable });
    case "retry":
      return change(action.id, { status: "waiting", problem: "", progress: 0 });
    case "remove":
      return uploads.filter(({ id }) => id !== action.id);
  }
}

/** The files to send now. */
export function nextUploads(uploads: Upload[]): Upload[] {
  const sending = uploads.filter(({ status }) => status === "sending").length;
  return uploads.filter(({ status }) => status === "waiting").slice(0, Math.max(0, AT_ONCE - sending));
}
