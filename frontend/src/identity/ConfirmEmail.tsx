// The link that confirms a new email address.
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
  if (step === "working") return <Working title="Confirming your email" />;
  if (step === "over") {
    return (
      <LinkOver text="Links work once and expire after 24 hours. You can request a new one under Security.">
        <a className="qv-btn solid mid wide" href="/settings/security">
          Go to Security
        </a>
      </LinkOver>
    );
  }
  if (step === "failed" && problem) {
    return (
      <AuthLayout title="Something went wrong">
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
      title="Email address changed"
      icon={<MailCheck size={24} />}
      text="Log in with your new address from now on. We've notified the old one."
    >
      <div className="qv-fields">
        <a className="qv-btn solid mid wide" href="/settings/security">
          Continue
        </a>
      </div>
    </AuthLayout>
  );
}
