// How a template sounds on a call. The engine holds the conversation when it is first looked at.
import { useCallback, useEffect, useState } from "react";
import { asProblem, request, type Problem } from "../api/client.ts";
import type { Preview, SetupTemplate } from "../api/schema.ts";
import { LoadError } from "./LoadError.tsx";

export function Conversation({ template, account }: { template: SetupTemplate; account: string }) {
  const { preview, problem, load } = usePreview(template.id);
  return (
    <section
      className="setup-conversation"
      aria-label={`A call with ${template.name}`}
      aria-busy={!preview && !problem}
    >
      <div className="ui-column">
        <h2>How a call sounds</h2>
        {preview && (
          <p className="ui-note">
            Example: {preview.business}, {preview.trade}. Yours speaks for {account}.
          </p>
        )}
      </div>
      {problem && <LoadError problem={problem} retry={load} />}
      {!preview && !problem && (
        <div className="ui-fields">
          <div className="ui-skeleton" style={{ width: "70%" }} />
          <div className="ui-skeleton" style={{ width: "45%" }} />
          <div className="ui-skeleton" style={{ width: "60%" }} />
        </div>
      )}
      {preview && (
        // It scrolls, so it can have the focus.
        <ol tabIndex={0} aria-label="Conversation">
          {preview.lines.map(({ speaker, text }, index) => (
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
  const [previews, setPreviews] = useState<Record<string, Preview>>({});
  const [problem, setProblem] = useState<Problem | null>(null);
  const preview = previews[id];
  const load = useCallback(async () => {
    setProblem(null);
    try {
      const answer = await request<Preview>("GET", `/api/setup/templates/${encodeURIComponent(id)}/preview`);
      setPreviews((before) => ({ ...before, [id]: answer }));
    } catch (error) {
      setProblem(asProblem(error));
    }
  }, [id]);
  useEffect(() => {
    if (!preview) load();
  }, [preview, load]);
  return { preview, problem, load };
}
