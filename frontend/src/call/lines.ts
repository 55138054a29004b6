// A transcript after the call, line by line.
import type { CallResult, TranscriptTurn } from "../api/schema.ts";
import { isInterrupted, isUndelivered, unspoken, visibleCaptions, type CallCaption } from "./captions.ts";

export interface Line {
  id: string;
  speaker: "caller" | "assistant" | "operator";
  text: string;
  /** What was not said anymore. */
  rest?: string;
  /** Milliseconds since the call began. */
  at: number;
  note?: string;
}

/** What is stored of a call. */
export const recordedLines = (turns: TranscriptTurn[]): Line[] =>
  turns.map(({ speaker, text, interrupted, offset }, place) => ({
    id: String(place),
    speaker,
    text,
    at: offset * 1000,
    note: interrupted ? "Interrupted" : "",
  }));

/**
 * The transcript as the business has it, once it is stored; until then, as this page heard it. What no assistant has
 * received is in the page alone.
 */
export function finalLines(
  captions: CallCaption[],
  startedAt: number,
  result: Pick<CallResult, "status" | "turns"> | null,
): Line[] {
  const lines = (some: CallCaption[]) => some.map((caption) => line(caption, startedAt));
  if (result?.status !== "ended" || !result.turns.length) return lines(visibleCaptions(captions));
  return [...recordedLines(result.turns), ...lines(captions.filter(isUndelivered))];
}

function line(caption: CallCaption, startedAt: number): Line {
  const rest = unspoken(caption);
  let note = "";
  if (isUndelivered(caption)) note = "Not delivered";
  else if (isInterrupted(caption)) note = "Interrupted";
  return {
    id: caption.id,
    speaker: caption.speaker,
    text: rest ? caption.text.slice(0, -rest.length) : caption.text,
    rest,
    at: caption.at - startedAt,
    note,
  };
}
