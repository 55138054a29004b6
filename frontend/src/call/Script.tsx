// A transcript to read, after the call.
import type { Line } from "./lines.ts";
import { clock } from "./time.ts";

export function Script({ lines, assistant, caller = "You" }: { lines: Line[]; assistant: string; caller?: string }) {
  if (!lines.length) return <p className="ui-muted">Nobody spoke on this call.</p>;
  const names = { caller, assistant: `${assistant}, AI`, operator: "Team member" };
  return (
    <div className="call-script" role="group" aria-label="Transcript">
      {lines.map(({ id, speaker, text, rest, at, note }) => (
        <div key={id} className={`call-cap ${speaker === "assistant" ? "ai" : ""}`} data-speaker={speaker}>
          <div className="who">
            {names[speaker]}
            {note && <span className="call-note">{note}</span>}
            <time>{clock(Math.max(0, at))}</time>
          </div>
          <p className="small">
            {text}
            {rest && <span className="rest">{rest}</span>}
          </p>
        </div>
      ))}
    </div>
  );
}
