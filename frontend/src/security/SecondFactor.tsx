// The second factor: set it up with an app, keep the recovery codes, turn it off. Codes and keys are on this page alone.
import "./SecondFactor.css";
import { useRef, useState } from "react";
import { Download, KeyRound } from "lucide-react";
import { request } from "../api/client.ts";
import type { Enrollment, RecoveryCodes } from "../api/schema.ts";
import { CopyButton } from "../components/CopyButton.tsx";
import { CodeField, Form, Submit } from "../components/Form.tsx";
import { requiredProof, PROOF, Proof, type ProofValues } from "./Proof.tsx";
import { useForm } from "../components/form.ts";
import { useStepFocus } from "../components/focus.ts";

// An SVG that stands by itself has to name what it is.
const picture = (svg: string) =>
  `data:image/svg+xml,${encodeURIComponent(svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" '))}`;

type ProofStep = "on" | "off" | "renew";
type Step = ProofStep | "rest" | "scan" | "codes";

const SUBMIT: Record<ProofStep, string> = { on: "Continue", off: "Turn off", renew: "Create new codes" };
const TITLES: Record<ProofStep, string> = {
  on: "Turn on two-factor authentication",
  off: "Turn off two-factor authentication",
  renew: "New recovery codes",
};

const isProofStep = (step: Step): step is ProofStep => step in TITLES;

export function SecondFactor({
  secondFactor,
  hasPassword,
  onChanged,
}: {
  secondFactor: boolean;
  hasPassword: boolean;
  onChanged: () => void;
}) {
  const [step, setStep] = useState<Step>("rest");
  const [enrollment, setEnrollment] = useState<Enrollment | null>(null);
  const [codes, setCodes] = useState<string[]>([]);
  const element = useRef<HTMLDivElement>(null);
  useStepFocus(element, step === "rest" ? `rest ${secondFactor}` : step);
  const show = (fresh: string[]) => {
    setCodes(fresh);
    setEnrollment(null);
    setStep("codes");
    onChanged();
  };
  const rest = () => {
    setCodes([]);
    setEnrollment(null);
    setStep("rest");
  };

  const sends: Record<ProofStep, (proof: ProofValues) => Promise<void>> = {
    on: async (proof) => {
      setEnrollment(await request<Enrollment>("POST", "/api/me/second-factor", { body: proof }));
      setStep("scan");
    },
    renew: async (proof) =>
      show(
        (await request<RecoveryCodes>("POST", "/api/me/second-factor/recovery-codes", { body: proof })).recovery_codes,
      ),
    off: async (proof) => {
      await request("POST", "/api/me/second-factor/off", { body: proof });
      rest();
      onChanged();
    },
  };

  return (
    <div className="ui-setting" ref={element}>
      <Status secondFactor={secondFactor || step === "codes"} resting={step === "rest"} setStep={setStep} />
      {isProofStep(step) && (
        <Prove
          key={step}
          step={step}
          secondFactor={secondFactor}
          hasPassword={hasPassword}
          send={sends[step]}
          cancel={rest}
        />
      )}
      {step === "scan" && enrollment && <Scan enrollment={enrollment} done={show} cancel={rest} />}
      {step === "codes" && <Codes codes={codes} done={rest} />}
    </div>
  );
}

interface StatusProps {
  secondFactor: boolean;
  resting: boolean;
  setStep: (step: ProofStep) => void;
}

function Status({ secondFactor, resting, setStep }: StatusProps) {
  return (
    <div className="ui-setting-row">
      <div className="ui-column ui-grow">
        <h3 className="ui-row">
          Two-factor authentication{" "}
          <span className={`ui-badge ${secondFactor ? "green" : ""}`}>{secondFactor ? "On" : "Off"}</span>
        </h3>
        <span className="ui-muted">Requires a code from an app on your phone in addition to your password.</span>
      </div>
      {resting && !secondFactor && (
        <button type="button" className="ui-button solid" onClick={() => setStep("on")}>
          Set up
        </button>
      )}
      {resting && secondFactor && (
        <div className="ui-row ui-wrap">
          <button type="button" className="ui-button surface" onClick={() => setStep("renew")}>
            New recovery codes
          </button>
          <button type="button" className="ui-button red" onClick={() => setStep("off")}>
            Turn off
          </button>
        </div>
      )}
    </div>
  );
}

function Prove({
  step,
  secondFactor,
  hasPassword,
  send,
  cancel,
}: {
  step: ProofStep;
  secondFactor: boolean;
  hasPassword: boolean;
  send: (values: ProofValues) => Promise<unknown>;
  cancel: () => void;
}) {
  const form = useForm(PROOF, requiredProof(secondFactor, hasPassword));
  return (
    <Form form={form} send={send}>
      <h4 tabIndex={-1} data-step-focus>
        {TITLES[step]}
      </h4>
      {step === "off" && (
        <p className="ui-muted">You'll only need your password to log in. Your recovery codes will stop working.</p>
      )}
      {step === "renew" && <p className="ui-muted">Your current recovery codes will stop working.</p>}
      <Proof form={form} secondFactor={secondFactor} hasPassword={hasPassword} />
      <div className="ui-actions">
        <Submit form={form} wide={false} tone={step === "off" ? "danger" : "solid"}>
          {SUBMIT[step]}
        </Submit>
        <button type="button" className="ui-button ghost mid" onClick={cancel}>
          Cancel
        </button>
      </div>
    </Form>
  );
}

function Scan({
  enrollment,
  done,
  cancel,
}: {
  enrollment: Enrollment;
  done: (codes: string[]) => void;
  cancel: () => void;
}) {
  const form = useForm({ code: "" }, { code: "Enter the code from the app." });
  const send = async (values: { code: string }) =>
    done((await request<RecoveryCodes>("POST", "/api/me/second-factor/confirm", { body: values })).recovery_codes);
  return (
    <div className="security-scan">
      <img className="security-qr" alt="QR code for your authenticator app" src={picture(enrollment.qr)} />
      <Form form={form} send={send}>
        <h4>Scan this with an authenticator app</h4>
        <p className="ui-muted">Can't scan it? Enter this key in your app:</p>
        <Key text={enrollment.secret} />
        <CodeField form={form} label="Code from the app" inputMode="numeric" />
        <div className="ui-actions">
          <Submit form={form} wide={false}>
            Turn on
          </Submit>
          <button type="button" className="ui-button ghost mid" onClick={cancel}>
            Cancel
          </button>
        </div>
      </Form>
    </div>
  );
}

function Key({ text }: { text: string }) {
  return (
    <div className="ui-key">
      <code data-secret={text}>{text.match(/.{1,4}/g)?.join(" ")}</code>
      <CopyButton text={text} subject="the key" icon />
    </div>
  );
}

function Codes({ codes, done }: { codes: string[]; done: () => void }) {
  const text = codes.join("\n");
  const file = `data:text/plain;charset=utf-8,${encodeURIComponent(`Quantum Voice recovery codes. Each works once.\n\n${text}\n`)}`;
  return (
    <div className="ui-fields">
      <div className="ui-callout green" role="status" tabIndex={-1} data-step-focus>
        <KeyRound size={16} />
        <span>
          <b>Two-factor authentication is on.</b> Save these recovery codes somewhere you can reach without your phone.
          Each works once, and you won't see them again.
        </span>
      </div>
      <ul className="security-codes" aria-label="Recovery codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <div className="ui-actions">
        <button type="button" className="ui-button solid mid" onClick={done}>
          I've saved them
        </button>
        <CopyButton text={text} subject="the codes" />
        <a className="ui-button surface mid" href={file} download="quantum-voice-recovery-codes.txt">
          <Download size={16} />
          Download
        </a>
      </div>
    </div>
  );
}
