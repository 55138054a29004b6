// How a template sounds on a call. The engine holds the conversation when it is first looked at.
import { useCallback, useEffect, useState } from "react";
import { asProblem, request, type Problem } from "../api/client.ts";
import type { Preview, PreviewLine, SetupTemplate } from "../api/schema.ts";
import { LoadError } from "./LoadError.tsx";

export function Conversation({ template }: { template: SetupTemplate }) {
  const { lines, problem, load } = usePreview(template.id);
  return (
    <section className="setup-conversation" aria-label={`A call with ${template.name}`} aria-busy={!lines && !problem}>
      <h2>How a call sounds</h2>
      {problem && <LoadError problem={problem} retry={load} />}
      {!lines && !problem && (
        <div className="ui-fields">
          <div className="ui-skeleton" style={{ width: "70%" }} />
          <div className="ui-skeleton" style={{ width: "45%" }} />
          <div className="ui-skeleton" style={{ width: "60%" }} />
        </div>
      )}
      {lines && (
        // It scrolls, so it can have the focus.
        <ol tabIndex={0} aria-label="Conversation">
          {lines.map(({ speaker, text }, index) => (
            <li key={index} className={speaker}>
              <span className="ui-note">{speaker === "caller" ? "Caller" : "Assistant"}</span>
              <p>{text}</p>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

function usePreview(id: string) {
  const [previews, setPreviews] = useState<Record<string, PreviewLine[]>>({});
  const [problem, setProblem] = useState<Problem | null>(null);
  const lines = previews[id];
  const load = useCallback(async () => {
    setProblem(null);
    try {
      const preview = await request<Preview>("GET", `/api/setup/templates/${encodeURIComponent(id)}/preview`);
      setPreviews((before) => ({ ...before, [id]: preview.lines }));
    } catch (error) {
      setProblem(asProblem(error));
    }
  }, [id]);
  useEffect(() => {
    if (!lines) load();
  }, [lines, load]);
  return { lines, problem, load };
}
