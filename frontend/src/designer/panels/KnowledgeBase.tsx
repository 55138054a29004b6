// The knowledge base that a source searches, one of the account's.
import { useEffect, useState } from "react";
import { ExternalLink } from "lucide-react";
import { asProblem, request } from "../../api/client.ts";
import type { KnowledgeBase, KnowledgeBaseList } from "../../generated/api.ts";
import type { EditorProps } from "./editor.ts";
import { Choose } from "./fields.tsx";

const MOST = 100;

export function KnowledgeBaseEditor({ info, field, value, set }: EditorProps<string | null>) {
  const { bases, problem } = useKnowledgeBases();
  const isUnknown = value !== null && !bases?.some(({ id }) => id === value);
  const options: [string, string][] = [
    ["", "None"],
    ...(bases ?? []).map(({ id, name, documents }): [string, string] => [id, `${name} (${counted(documents)})`]),
    ...(isUnknown ? [[value, bases ? "Deleted knowledge base" : "Loading…"] as [string, string]] : []),
  ];
  return (
    <>
      <Choose
        label={info.label}
        field={field}
        hint={problem || info.hint}
        value={value ?? ""}
        options={options}
        set={(id) => set(id || null)}
      />
      <a
        className="ui-row editor-small"
        href={value && !isUnknown ? `/knowledge/${value}` : "/knowledge"}
        target="_blank"
      >
        <ExternalLink size={14} />
        {value && !isUnknown ? "Open its documents" : "Upload documents"}
      </a>
    </>
  );
}

const counted = (documents: number) => `${documents} ${documents === 1 ? "document" : "documents"}`;

/** Null until they are loaded. */
function useKnowledgeBases() {
  const [bases, setBases] = useState<KnowledgeBase[] | null>(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    let isCurrent = true;
    request<KnowledgeBaseList>("GET", `/api/knowledge/bases?limit=${MOST}`).then(
      ({ data }) => isCurrent && setBases(data),
      (error: unknown) => isCurrent && setProblem(asProblem(error).message),
    );
    return () => {
      isCurrent = false;
    };
  }, []);
  return { bases, problem };
}
