// What the caller told, as it was understood.
import { useEffect, useState } from "react";
import { Lock } from "lucide-react";
import type { CallResult, StartedCall } from "../api/schema.ts";
import { loadResult } from "./api.ts";
import { valueText } from "./values.ts";

// The last values are stored a moment after the call.
const AGAIN_MS = 1000;
const ATTEMPTS = 8;

/** The result, updated until the call has ended for the server too. Null: not known yet. */
export function useResult(call: StartedCall | null): CallResult | null {
  const [result, setResult] = useState<CallResult | null>(null);
  useEffect(() => {
    if (!call) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let current = true;
    const look = async (attempts: number) => {
      const loaded = await loadResult(call).catch(() => null);
      if (!current) return;
      if (loaded) setResult(loaded);
      if (loaded?.status !== "ended" && attempts > 1) timer = setTimeout(() => void look(attempts - 1), AGAIN_MS);
    };
    void look(ATTEMPTS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [call]);
  return result;
}

export function Result({ result, business, language }: { result: CallResult; business: string; language: string }) {
  if (!result.values.length) return null;
  return (
    <section className="call-part">
      <div className="ui-row call-part-head">
        <h2>What you told {business}</h2>
      </div>
      <dl className="call-told">
        {result.values.map((value, place) => (
          <div key={place}>
            <dt>{value.label}</dt>
            <dd>
              {value.masked ? (
                <span className="ui-row">
                  <Lock size={14} />
                  Stored, not shown
                </span>
              ) : (
                valueText(value, language)
              )}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
