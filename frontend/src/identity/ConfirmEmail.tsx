// The link of a new e-mail address, which counts from now on.
import { useEffect, useRef, useState } from "react";
import { MailCheck } from "lucide-react";
import { request } from "../api/client.ts";
import { Trouble } from "../components/Form.tsx";
import { Door, Working } from "./AuthLayout.tsx";
import { forgetFragment, useFragment } from "./token.ts";
import { LinkOver } from "./Verify.tsx";

export function ConfirmEmail() {
  const token = useFragment();
  const [step, setStep] = useState(token ? "working" : "over"); // working | done | over | failed
  const [problem, setProblem] = useState(null);
  const begun = useRef(false);
  const confirm = async () => {
    setStep("working");
    try {
      await request("POST", "/api/auth/confirm-email", { body: { token } });
      forgetFragment();
      setStep("done");
    } catch (error) {
      setProblem(error);
      setStep(error.code === "link_over" ? "over" : "failed");
    }
  };
  useEffect(() => {
    if (!token || begun.current) return;
    begun.current = true;
    confirm();
  }, []);
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
  if (step === "failed") {
    return (
      <Door title="That did not work">
        <div className="qv-fields">
          <Trouble problem={problem} />
          <button type="button" className="qv-btn solid mid wide" onClick={confirm}>
            Try again
          </button>
        </div>
      </Door>
    );
  }
  return (
    <Door
      title="Your address is changed"
      icon={<MailCheck size={24} />}
      text="From now on you log in with the new address. We told the old one."
    >
      <div className="qv-fields">
        <a className="qv-btn solid mid wide" href="/settings/security">
          Go on
        </a>
      </div>
    </Door>
  );
}
