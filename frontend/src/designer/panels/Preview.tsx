// What will be said, as a caller hears it; the names of variables stand where their values will.
import { nodeOf, parts } from "../model/definition.ts";
import { useFlow } from "../state/context.ts";
import type { FlowDefinition, AskingNode, FlowNode } from "../model/flow.ts";

function SpokenWords({ words }: { words: string }) {
  return parts(words).map((part, index) =>
    typeof part === "string" ? (
      part
    ) : (
      <span key={index} className="editor-value" title={`The value of ${part.variable}, or nothing if it isn't known`}>
        {part.variable}
      </span>
    ),
  );
}

interface Utterance {
  words: string;
  /** Under which circumstances, if not always. */
  when?: string;
}

function questionsOf(definition: FlowDefinition, node: AskingNode): Utterance[] {
  const questions = node.fields.flatMap(
    ({ variable }) => definition.variables.find(({ name }) => name === variable) ?? [],
  );
  return questions.map(({ name, label, ask }) => ({
    words: ask || `Could you tell me your ${label || name.replaceAll("_", " ")}?`,
    when: ask ? "" : "generated from the name",
  }));
}

function utterancesOf(definition: FlowDefinition, node: FlowNode): Utterance[] {
  switch (node.type) {
    case "start":
      return [{ words: node.greeting }];
    case "lead_gate": {
      const consent = { words: node.consent, when: "unless the caller agreed on the call page" };
      return [{ words: node.intro }, consent, ...questionsOf(definition, node)];
    }
    case "clarify":
      return [{ words: node.intro }, ...questionsOf(definition, node)];
    case "rag_answer":
      return [
        { words: node.opening },
        { words: node.searching, when: "if the answer takes long" },
        { words: node.fallback, when: `when confidence is below ${node.threshold.toFixed(2)}` },
      ];
    case "dispatch":
      return [{ words: node.say }];
    case "end": {
      const last = [node.next_steps, node.farewell].filter(Boolean).join(" ");
      if (node.outcome !== "handoff") return [{ words: last }];
      return [
        { words: definition.rules.handoff.announcement, when: "then hands off to a person" },
        { words: last, when: "when nobody is available" },
      ];
    }
  }
}

const saidBy = (definition: FlowDefinition, node: FlowNode) =>
  utterancesOf(definition, node).filter(({ words }) => words.trim());

export function Preview({ id }: { id: string }) {
  const definition = useFlow((state) => state.definition);
  const node = nodeOf(definition, id);
  const utterances = node ? saidBy(definition, node) : [];
  return (
    <section className="editor-preview" aria-label="What callers hear">
      <h3>What callers hear</h3>
      {utterances.length === 0 && <p className="ui-note">Nothing yet.</p>}
      {utterances.map(({ words, when }, index) => (
        <div key={index}>
          <p className="editor-bubble">
            <SpokenWords words={words} />
          </p>
          {when && <p className="ui-note">{when}</p>}
        </div>
      ))}
    </section>
  );
}
