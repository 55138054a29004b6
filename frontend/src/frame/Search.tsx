// Search over pages, campaigns, calls, and actions: a button, Ctrl K or ⌘ K, and a dialog.
import { useEffect, useState } from "react";
import { useNavigate } from "react-router";
import { FileText, Phone, Plus, Search as SearchIcon, Workflow, type LucideIcon } from "lucide-react";
import { asProblem, request } from "../api/client.ts";
import type { SearchResults } from "../api/schema.ts";
import { CommandPicker } from "../components/CommandPicker.tsx";
import { canSearch, searchTargets, type SearchTarget } from "./search.ts";

const TYPING_PAUSE = 150; // milliseconds until the server is asked
const LONGEST_TEXT = 100; // characters
const ICONS: Record<SearchTarget["kind"], LucideIcon> = {
  action: Plus,
  page: FileText,
  campaign: Workflow,
  call: Phone,
};

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

/** Whether the search is open. The keys open it unless another dialog is open. */
export function useSearch(isAvailable: boolean) {
  const [isOpen, setIsOpen] = useState(false);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || event.shiftKey || event.altKey) return;
      if (isMac ? !event.metaKey : !event.ctrlKey) return;
      if (!isAvailable) return;
      event.preventDefault();
      if (!document.querySelector("[role=dialog]")) setIsOpen(true);
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [isAvailable]);
  return { isOpen, open: () => setIsOpen(true), close: () => setIsOpen(false) };
}

export function SearchButton({ open, className }: { open: () => void; className: string }) {
  return (
    <button
      type="button"
      className={className}
      aria-label="Search pages, campaigns, and calls"
      aria-keyshortcuts={isMac ? "Meta+K" : "Control+K"}
      title="Search"
      onClick={open}
    >
      <SearchIcon size={16} />
      <span className="ui-grow tx">Search</span>
      <kbd className="tx">{isMac ? "⌘ K" : "Ctrl K"}</kbd>
    </button>
  );
}

interface SearchDialogProps {
  permissions: string[];
  deleted: boolean;
  close: () => void;
}

export function SearchDialog({ permissions, deleted, close }: SearchDialogProps) {
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const { results, isLoading, problem } = useResults(text, canSearch(permissions, deleted));
  const find = (query: string) =>
    searchTargets(query, permissions, deleted, results).map(({ path, kind, ...target }) => {
      const Icon = ICONS[kind];
      return { ...target, key: path, icon: <Icon size={16} /> };
    });
  return (
    <CommandPicker
      title="Search"
      placeholder="Page, campaign, or caller"
      options={[]}
      find={find}
      onText={setText}
      maxLength={LONGEST_TEXT}
      status={problem || (isLoading ? "Searching…" : "")}
      onPick={(path) => {
        close();
        navigate(path);
      }}
      onClose={close}
    />
  );
}

/** What the server finds. Earlier results stay until the next ones are there. */
function useResults(text: string, isAllowed: boolean) {
  const [results, setResults] = useState<SearchResults | null>(null);
  const [isLoading, setIsLoading] = useState(isAllowed);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    if (!isAllowed) return undefined;
    let isCurrent = true;
    const load = async () => {
      try {
        const answer = await request<SearchResults>("GET", `/api/search?text=${encodeURIComponent(text)}`);
        if (isCurrent) setResults(answer);
      } catch (error) {
        if (isCurrent) setProblem(asProblem(error).message);
      }
      if (isCurrent) setIsLoading(false);
    };
    setIsLoading(true);
    setProblem("");
    const timer = setTimeout(load, text ? TYPING_PAUSE : 0);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [text, isAllowed]);
  return { results, isLoading, problem };
}
