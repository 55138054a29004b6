// Sends files to the API. XMLHttpRequest, because fetch doesn't tell how much is sent.
import { Problem, type ProblemBody } from "../api/client.ts";

/** Resolves to the JSON answer. Rejects with Problem. */
export function sendFile<Answer>(
  method: string,
  path: string,
  file: File,
  onProgress: (percent: number) => void,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const body = new FormData();
    body.append("file", file);
    request.open(method, path);
    request.upload.onprogress = ({ loaded, total }) => onProgress(total ? Math.floor((100 * loaded) / total) : 0);
    request.onerror = () =>
      reject(new Problem(0, { code: "offline", detail: "The upload was interrupted. Check your connection." }));
    request.onload = () => {
      const answer = parse(request.responseText);
      if (request.status >= 200 && request.status < 300) resolve(answer as Answer);
      else reject(new Problem(request.status, answer));
    };
    request.send(body);
  });
}

function parse(text: string): ProblemBody {
  try {
    return JSON.parse(text) as ProblemBody;
  } catch {
    return {};
  }
}
