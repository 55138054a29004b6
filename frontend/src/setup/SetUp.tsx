// Sets up an assistant in a few steps, and ends with a call to it.
import "./SetUp.css";
import { useCallback, useEffect, useRef, useState, type FormEvent, type ReactNode } from "react";
import { Link } from "react-router";
import { ArrowRight } from "lucide-react";
import { asProblem, request, type Problem } from "../api/client.ts";
import type { NewAssistant, SetupOptions } from "../api/schema.ts";
import { ErrorMessage } from "../components/ErrorMessage.tsx";
import { Submit } from "../components/Form.tsx";
import { Mark } from "../components/Mark.tsx";
import { asRequest, firstAnswers, restoredAnswers, STEPS, type Answers, type Step } from "./answers.ts";
import { Done } from "./Done.tsx";
import { LoadError } from "./LoadError.tsx";
import { FactsStep, TemplateStep, VoiceStep } from "./steps.tsx";

const TITLES: Record<Step, string> = {
  template: "What should your assistant do?",
  voice: "Name and voice",
  facts: "What callers ask about",
  done: "",
};

export function SetUp({ accountId }: { accountId: string }) {
  const { options, problem, load } = useOptions();
  return (
    <div className="setup">
      <div className="ui-row ui-brand">
        <Mark size={28} />
        <b>Quantum Voice</b>
      </div>
      {options && <Steps options={options} storageKey={`qv-setup-${accountId}`} />}
      {!options && (
        <>
          <section className="ui-card setup-card" aria-busy={!problem}>
            <h1>Set up your assistant</h1>
            {problem ? <LoadError problem={problem} retry={load} /> : <Loading />}
          </section>
          <Foot />
        </>
      )}
    </div>
  );
}

const Foot = () => (
  <p className="identity-foot">
    <Link to="/">Set up later</Link>
  </p>
);

function useOptions() {
  const [options, setOptions] = useState<SetupOptions | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const load = useCallback(async () => {
    setProblem(null);
    try {
      setOptions(await request<SetupOptions>("GET", "/api/setup"));
    } catch (error) {
      setProblem(asProblem(error));
    }
  }, []);
  useEffect(() => {
    load();
  }, [load]);
  return { options, problem, load };
}

function Loading() {
  return (
    <div className="ui-fields">
      <div className="ui-skeleton" style={{ width: "80%" }} />
      <div className="ui-skeleton" style={{ width: "55%" }} />
      <span className="ui-screen-reader" role="status">
        Loading
      </span>
    </div>
  );
}

function useAnswers(options: SetupOptions, storageKey: string) {
  const [answers, setAnswers] = useState(() => restoredAnswers(sessionStorage.getItem(storageKey), options));
  useEffect(() => sessionStorage.setItem(storageKey, JSON.stringify(answers)), [answers, storageKey]);
  const set = (changes: Partial<Answers>) => setAnswers((before) => ({ ...before, ...changes }));
  return { answers, set, restart: () => setAnswers(firstAnswers(options)) };
}

function Steps({ options, storageKey }: { options: SetupOptions; storageKey: string }) {
  const { answers, set, restart } = useAnswers(options, storageKey);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const at = STEPS.indexOf(answers.step);

  const create = async (facts: Answers["facts"]) => {
    if (busy) return;
    setBusy(true);
    setProblem(null);
    try {
      const body = asRequest({ ...answers, facts }, options);
      set({ created: await request<NewAssistant>("POST", "/api/setup", { body }), step: "done" });
    } catch (error) {
      setProblem(asProblem(error));
    }
    setBusy(false);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (answers.step === "facts") create(answers.facts);
    else set({ step: STEPS[at + 1] });
  };

  if (answers.created) {
    return (
      <StepCard title="">
        <Done created={answers.created} name={asRequest(answers, options).assistant_name ?? ""} restart={restart} />
      </StepCard>
    );
  }
  return (
    <>
      <StepCard title={TITLES[answers.step]} number={at + 1}>
        <form className="setup-form" noValidate aria-busy={busy} onSubmit={submit}>
          {problem && <ErrorMessage problem={problem} />}
          {answers.step === "template" && <TemplateStep options={options} answers={answers} set={set} />}
          {answers.step === "voice" && <VoiceStep options={options} answers={answers} set={set} />}
          {answers.step === "facts" && <FactsStep options={options} answers={answers} set={set} />}
          <div className="ui-actions">
            <Submit form={{ busy }} wide={false}>
              {answers.step === "facts" ? "Create assistant" : "Continue"}
              <ArrowRight size={16} />
            </Submit>
            {answers.step === "facts" && (
              <button type="button" className="ui-button ghost mid" onClick={() => create({})}>
                Skip
              </button>
            )}
            {at > 0 && (
              <button type="button" className="ui-button ghost mid" onClick={() => set({ step: STEPS[at - 1] })}>
                Back
              </button>
            )}
          </div>
        </form>
      </StepCard>
      <Foot />
    </>
  );
}

/** The heading gets the focus when the step changes. number: of the step, where there is a form. */
function StepCard({ title, number, children }: { title: string; number?: number; children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const first = useRef(true);
  useEffect(() => {
    if (!first.current) heading.current?.focus();
    first.current = false;
  }, [title]);
  const steps = STEPS.length - 1;
  return (
    <section className="ui-card setup-card">
      {number && (
        <div className="ui-row ui-note">
          <span className="welcome-dots" aria-hidden="true">
            {STEPS.slice(0, steps).map((step, index) => (
              <i key={step} className={index < number ? "on" : ""} />
            ))}
          </span>
          <span>
            Step {number} of {steps}
          </span>
        </div>
      )}
      {title && (
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
      )}
      {children}
    </section>
  );
}
