// Why there is no microphone, from what the browser says.
import type { MicrophoneError } from "./callMachine.ts";

export function microphoneError(error: unknown): MicrophoneError {
  if (!window.isSecureContext) return "insecure";
  const name = error instanceof Error ? error.name : "";
  return name === "NotAllowedError" || name === "SecurityError" ? "denied" : "none";
}
