// Links in emails: what opens with one, and what pages say where it can't be used.
import { useCallback, useEffect, useRef, useState, type ReactNode } from "react";
import { Link2Off } from "lucide-react";
import { asProblem, Problem } from "../api/client.ts";
import { ErrorMessage } from "../components/ErrorMessage.tsx";
import { AuthLayout } from "./AuthLayout.tsx";
import { useFragment } from "./token.ts";

const EXPIRED = new Problem(0, { code: "link_over" });

export const isOver = (problem: Problem | null) => problem?.code === EXPIRED.code;

/** Uses the link's token once when the page opens. use: keeps its identity between renders. */
export function useLink<Answer>(use: (token: string) => Promise<Answer>) {
  const token = useFragment();
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [problem, setProblem] = useState<Problem | null>(token ? null : EXPIRED);
  const hasOpened = useRef(false);
  const open = useCallback(() => {
    setProblem(null);
    use(token).then(setAnswer, (error) => setProblem(asProblem(error)));
  }, [token, use]);
  useEffect(() => {
    if (!token || hasOpened.current) return;
    hasOpened.current = true;
    open();
  }, [token, open]);
  return { token, answer, problem, retry: open, expire: () => setProblem(EXPIRED) };
}

export function LinkOver({ text, children }: { text: ReactNode; children: ReactNode }) {
  return (
    <AuthLayout title="This link is no longer valid" icon={<Link2Off size={24} />} text={text}>
      <div className="ui-fields">{children}</div>
    </AuthLayout>
  );
}

export function LinkFailed({ problem, retry }: { problem: Problem; retry: () => void }) {
  return (
    <AuthLayout title="Something went wrong">
      <div className="ui-fields">
        <ErrorMessage problem={problem} />
        <button type="button" className="ui-button solid mid wide" onClick={retry}>
          Try again
        </button>
      </div>
    </AuthLayout>
  );
}
