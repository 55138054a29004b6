// The saved cases of a campaign, and what the last run made of them.
import { useCallback, useState } from "react";
import { asProblem, type Problem } from "../../api/client.ts";
import type { CaseResult, StoredCase, TestCase } from "../../api/schema.ts";
import type { FlowDefinition } from "../model/flow.ts";
import { useFlow } from "../state/context.ts";
import type { FlowStore } from "../state/store.ts";
import type { SimulatorApi } from "./simulatorApi.ts";

const plural = (count: number) => (count === 1 ? "1 test case" : `${count} test cases`);

function summaryOf(list: StoredCase[] | null, results: Record<string, CaseResult>) {
  if (!list) return "";
  if (!list.length) return "No test cases";
  if (!Object.keys(results).length) return plural(list.length);
  const broken = list.filter(({ id }) => results[id] && !results[id].ok).length;
  if (broken) return `${broken} of ${plural(list.length)} failed`;
  return `${plural(list.length)}, ${list.length === 1 ? "passed" : "all passed"}`;
}

export function useCases(store: FlowStore, api: SimulatorApi) {
  const definition = useFlow((state) => state.definition);
  const [list, setList] = useState<StoredCase[] | null>(null);
  const [results, setResults] = useState<Record<string, CaseResult>>({});
  const [tested, setTested] = useState<FlowDefinition | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const guarded = useCallback(async (action: () => Promise<void>) => {
    setProblem(null);
    try {
      await action();
    } catch (error) {
      setProblem(asProblem(error));
    }
  }, []);
  const load = useCallback(() => guarded(async () => setList(await api.cases())), [guarded, api]);
  const run = () =>
    guarded(async () => {
      const { definition: now } = store.getState();
      setBusy(true);
      try {
        const { cases } = await api.test({ definition: now });
        setResults(Object.fromEntries(cases.map((result) => [result.id, result])));
        setTested(now);
      } finally {
        setBusy(false);
      }
    });
  return {
    api,
    list,
    results,
    busy,
    problem,
    load,
    /** Whether the flow has changed since the cases ran. */
    stale: Object.keys(results).length > 0 && tested !== definition,
    summary: summaryOf(list, results),
    run,
    /** Its result comes later. Throws Problem. */
    save: async (id: string | undefined, body: TestCase) => {
      await (id ? api.change(id, body) : api.add(body));
      setResults((before) => Object.fromEntries(Object.entries(before).filter(([key]) => key !== id)));
      await load();
      run();
    },
    remove: (id: string) =>
      guarded(async () => {
        await api.remove(id);
        await load();
      }),
    fromCall: (callId: string) =>
      guarded(async () => {
        await api.fromCall(callId);
        await load();
        run();
      }),
  };
}
export type CaseList = ReturnType<typeof useCases>;
