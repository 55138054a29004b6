// The steps of the set-up: a template with a conversation, a name and a voice, facts.
import { catalog } from "../generated/catalog.ts";
import { Field } from "../components/Field.tsx";
import { PlayVoice } from "../components/PlayVoice.tsx";
import type { SetupOptions } from "../api/schema.ts";
import { chosenTemplate, type Answers } from "./answers.ts";
import { Conversation } from "./Conversation.tsx";

const LONGEST_FACT = 500; // characters, as the API takes them

interface StepProps {
  options: SetupOptions;
  answers: Answers;
  set: (changes: Partial<Answers>) => void;
}

const capitalized = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

export function TemplateStep({ options, answers, set }: StepProps) {
  return (
    <>
      <p className="ui-muted">
        It speaks for <b>{options.account}</b>. You can change everything later.
      </p>
      <div className="setup-template">
        <fieldset className="ui-choices">
          <legend className="ui-screen-reader">Template</legend>
          {options.templates.map(({ id, name, description }) => (
            <label key={id} className="ui-choice">
              <input
                type="radio"
                name="template"
                value={id}
                checked={answers.template === id}
                onChange={() => set({ template: id })}
              />
              <span className="ui-column">
                <b>{name}</b>
                <span className="ui-note">{description}</span>
              </span>
            </label>
          ))}
        </fieldset>
        <Conversation template={chosenTemplate(answers, options)} account={options.account} />
      </div>
    </>
  );
}

export function VoiceStep({ options, answers, set }: StepProps) {
  return (
    <div className="ui-fields">
      <Field label="Assistant's name" hint="Callers see it on the call page.">
        {(control) => (
          <div className="ui-input">
            <input
              {...control}
              value={answers.assistantName}
              maxLength={catalog.maxLength.SetUpAssistant.assistant_name}
              autoComplete="off"
              onChange={(event) => set({ assistantName: event.target.value })}
            />
          </div>
        )}
      </Field>
      <Field label="Voice">
        {(control) => (
          <div className="setup-voice">
            <div className="ui-input">
              <select {...control} value={answers.voice} onChange={(event) => set({ voice: event.target.value })}>
                {options.voices.map(({ id, name }) => (
                  <option key={id} value={id}>
                    {name}
                  </option>
                ))}
              </select>
            </div>
            <PlayVoice key={answers.voice} voice={answers.voice} />
          </div>
        )}
      </Field>
    </div>
  );
}

export function FactsStep({ options, answers, set }: StepProps) {
  return (
    <>
      <p className="ui-muted">The assistant answers with your words. What you leave empty, you can fill in later.</p>
      <div className="ui-fields">
        {chosenTemplate(answers, options).facts.map(({ label, example }) => (
          <Field key={label} label={capitalized(label)} hint={example && `For example: ${example}`}>
            {(control) => (
              <div className="ui-input">
                <input
                  {...control}
                  value={answers.facts[label] ?? ""}
                  maxLength={LONGEST_FACT}
                  autoComplete="off"
                  onChange={(event) => set({ facts: { ...answers.facts, [label]: event.target.value } })}
                />
              </div>
            )}
          </Field>
        ))}
      </div>
    </>
  );
}
