// What will be said, as a caller hears it; the names of variables stand where their values will.
import { nodeOf, parts } from "../model/definition.ts";
import { useFlow } from "../state/context.ts";

function Spoken({ words }) {
  return parts(words).map((part, index) =>
    typeof part === "string" ? (
      part
    ) : (
      <span key={index} className="fl-value" title={`The value of ${part.variable}; nothing when it is not known`}>
        {part.variable}
      </span>
    ),
  );
}

function asked(definition, node) {
  const questions = node.fields
    .map(({ variable }) => definition.variables.find(({ name }) => name === variable))
    .filter(Boolean);
  return questions.map(({ name, label, ask }) => ({
    words: ask || `Could you tell me your ${label || name.replaceAll("_", " ")}?`,
    when: ask ? "" : "made up from the name",
  }));
}

// [{words, when}] of a node. when: under which circumstances, if not always.
function saidBy(definition, node) {
  const said = {
    start: () => [{ words: node.greeting }],
    lead_gate: () => [
      { words: node.intro },
      { words: node.consent, when: "unless they agreed on the call page" },
      ...asked(definition, node),
    ],
    clarify: () => [{ words: node.intro }, ...asked(definition, node)],
    rag_answer: () => [
      { words: node.opening },
      { words: node.searching, when: "while it takes long" },
      { words: node.fallback, when: `when nothing is sure from ${node.threshold.toFixed(2)}` },
    ],
    dispatch: () => [{ words: node.say }],
    end: () => {
      const last = [node.farewell, node.next_steps].filter(Boolean).join(" ");
      if (node.outcome !== "handoff") return [{ words: last }];
      const { announcement, unavailable } = definition.rules.handoff;
      return [
        { words: announcement, when: "then a person is asked for" },
        { words: `${unavailable} ${last}`, when: "when nobody can come" },
      ];
    },
  }[node.type]();
  return said.filter(({ words }) => words.trim());
}

export function Preview({ id }) {
  const definition = useFlow((state) => state.definition);
  const node = nodeOf(definition, id);
  const said = saidBy(definition, node);
  return (
    <section className="fl-preview" aria-label="What will be said">
      <h3>What will be said</h3>
      {said.length === 0 && <p className="qv-note">Nothing.</p>}
      {said.map(({ words, when }, index) => (
        <div key={index}>
          <p className="fl-bubble">
            <Spoken words={words} />
          </p>
          {when && <p className="qv-note">{when}</p>}
        </div>
      ))}
    </section>
  );
}
