// The link of a new e-mail address, which counts from now on.
import { useCallback, useEffect, useRef, useState } from "react";
import { MailCheck } from "lucide-react";
import { asProblem, request, type Problem } from "../api/client.ts";
import { AuthLayout, Working } from "./AuthLayout.tsx";
import { forgetFragment, useFragment } from "./token.ts";
import { LinkOver } from "./Verify.tsx";
import { ErrorMessage } from "../components/ErrorMessage.tsx";

export function ConfirmEmail() {
  const token = useFragment();
  const [step, setStep] = useState<"working" | "done" | "over" | "failed">(token ? "working" : "over");
  const [problem, setProblem] = useState<Problem | null>(null);
  const begun = useRef(false);
  const confirm = useCallback(async () => {
    try {
      await request("POST", "/api/auth/confirm-email", { body: { token } });
      forgetFragment();
      setStep("done");
    } catch (error) {
      const failure = asProblem(error);
      setProblem(failure);
      setStep(failure.code === "link_over" ? "over" : "failed");
    }
  }, [token]);
  useEffect(() => {
    if (!token || begun.current) return;
    begun.current = true;
    confirm();
  }, [token, confirm]);
  const retry = () => {
    setStep("working");
    confirm();
  };
  if (step === "working") return <Working title="Confirming your address" />;
  if (step === "over") {
    return (
      <LinkOver text="It is good for 24 hours and works once. Under Security you can ask for a new one.">
        <a className="qv-btn solid mid wide" href="/settings/security">
          Open Security
        </a>
      </LinkOver>
    );
  }
  if (step === "failed" && problem) {
    return (
      <AuthLayout title="That did not work">
        <div className="qv-fields">
          <ErrorMessage problem={problem} />
          <button type="button" className="qv-btn solid mid wide" onClick={retry}>
            Try again
          </button>
        </div>
      </AuthLayout>
    );
  }
  return (
    <AuthLayout
      title="Your address is changed"
      icon={<MailCheck size={24} />}
      text="From now on you log in with the new address. We told the old one."
    >
      <div className="qv-fields">
        <a className="qv-btn solid mid wide" href="/settings/security">
          Go on
        </a>
      </div>
    </AuthLayout>
  );
}
