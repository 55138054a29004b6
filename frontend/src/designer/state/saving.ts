// Autosave: what has changed since the last revision that the server knows, after a moment of rest, one request at a time.
// What cannot be sent is kept in this browser until it can.
import { asProblem, Problem } from "../../api/client.ts";
import type { DraftConflict, FlowProblem, SavedDraft } from "../../api/schema.ts";
import { difference, same } from "../model/change.ts";
import type { FlowDefinition } from "../model/flow.ts";
import type { FlowApi } from "./api.ts";
import type { FlowStore, SavingState } from "./store.ts";

const REST = 600; // milliseconds without an edit before the change is sent
const APART = 500; // milliseconds between two requests
const BACK_OFF = [1000, 2000, 4000, 8000, 15000, 30000];
const LONGEST_KEEPALIVE = 60_000; // bytes: a browser sends no more when a page is left

/**
 * What could not be sent. sent: what was on its way when it was kept. left: it was sent while the page was closed, so
 * nobody heard the answer.
 */
interface Unsaved {
  revision: number;
  definition: FlowDefinition;
  sent: FlowDefinition | null;
  left?: boolean;
}

/** A draft as somebody else left it. */
export type OtherDraft = Pick<DraftConflict, "revision" | "updated_by" | "definition" | "problems">;

const storageKey = (campaignId: string) => `qv-flow-${campaignId}`;

function keep(campaignId: string, unsaved: Unsaved | null) {
  try {
    if (unsaved) localStorage.setItem(storageKey(campaignId), JSON.stringify(unsaved));
    else localStorage.removeItem(storageKey(campaignId));
  } catch {
    // Without storage, or with a full one, there is nothing to fall back to.
  }
}

/** What an earlier visit has left unsaved on this draft, and whether somebody else has changed the draft since. */
export function unsavedOf(
  campaignId: string,
  draft: { revision: number; definition: FlowDefinition },
): { definition: FlowDefinition; conflicting: boolean } | null {
  let unsaved: Unsaved | null = null;
  try {
    unsaved = JSON.parse(localStorage.getItem(storageKey(campaignId)) || "null");
  } catch {
    return null;
  }
  if (!unsaved?.definition) return null;
  const hasArrived =
    same(unsaved.definition, draft.definition) || (unsaved.left && draft.revision > unsaved.revision + 1);
  if (hasArrived) {
    keep(campaignId, null);
    return null;
  }
  const conflicting = unsaved.revision !== draft.revision && !same(unsaved.sent, draft.definition);
  return { definition: unsaved.definition, conflicting };
}

interface SaverOptions {
  store: FlowStore;
  api: Pick<FlowApi, "save" | "draft">;
  campaignId: string;
  /** The definition that the server has. */
  acknowledged: FlowDefinition;
  onConflict: (theirs: OtherDraft) => void;
}

export class Saver {
  private readonly client = crypto.randomUUID?.() || `${Date.now()}-${Math.random()}`;
  private readonly unsubscribe: () => void;
  private readonly options: SaverOptions;
  private acknowledged: FlowDefinition;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private sending: FlowDefinition | null = null;
  private failures = 0;
  private lastSent = 0;
  private stopped = false; // a conflict waits for somebody to decide

  constructor(options: SaverOptions) {
    this.options = options;
    this.acknowledged = options.acknowledged;
    this.unsubscribe = options.store.subscribe((now, before) => {
      if (now.definition === before.definition || this.stopped || now.definition === this.acknowledged) return;
      if (now.saving.state === "saved" || now.saving.state === "refused") this.report("dirty");
      if (!this.sending) this.schedule(this.failures ? this.backOff() : REST);
    });
    window.addEventListener("blur", this.flush);
    window.addEventListener("pagehide", this.leave);
    window.addEventListener("online", this.online);
    document.addEventListener("visibilitychange", this.hidden);
  }

  stop = () => {
    this.leave();
    this.unsubscribe();
    clearTimeout(this.timer);
    window.removeEventListener("blur", this.flush);
    window.removeEventListener("pagehide", this.leave);
    window.removeEventListener("online", this.online);
    document.removeEventListener("visibilitychange", this.hidden);
  };

  /** Whether everything is with the server now; the store says why not. */
  async settle(): Promise<boolean> {
    this.state().end();
    while (this.sending) await new Promise((resolve) => setTimeout(resolve, 50));
    if (this.current() !== this.acknowledged) await this.send();
    return this.current() === this.acknowledged;
  }

  /** A whole flow in place of the draft, of which the server keeps a copy. Throws Problem. */
  async replace(put: (revision: number) => Promise<SavedDraft>): Promise<void> {
    if (!(await this.settle())) {
      throw new Problem(0, { detail: "Your latest changes aren't saved yet. Try again when they are." });
    }
    await put(this.state().revision);
    const { definition, revision, problems } = await this.options.api.draft(); // in the current schema
    this.settled(definition, revision, problems);
  }

  /** The server has this now, however it came there. */
  settled(definition: FlowDefinition, revision: number, problems?: FlowProblem[]) {
    this.acknowledged = definition;
    this.stopped = false;
    this.failures = 0;
    this.state().replaceDefinition(definition, revision, problems);
    this.keep(null);
    this.report("saved");
  }

  conflict = (theirs: OtherDraft) => {
    if (same(theirs.definition, this.current())) {
      this.acknowledged = theirs.definition;
      this.state().acknowledge(theirs.revision);
      this.report("saved");
      return;
    }
    this.stopped = true;
    this.keep({ sent: null });
    this.report("conflict");
    this.options.onConflict(theirs);
  };

  private state = () => this.options.store.getState();
  private current = () => this.state().definition;
  private backOff = () => BACK_OFF[Math.min(this.failures, BACK_OFF.length) - 1];

  private report(state: SavingState, message = "") {
    this.state().setSaving({ state, message, ...(state === "saved" ? { at: Date.now() } : {}) });
  }

  private keep(unsaved: Pick<Unsaved, "sent" | "left"> | null) {
    const { revision, definition } = this.state();
    keep(this.options.campaignId, unsaved && { revision, definition, ...unsaved });
  }

  private schedule(wait: number) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), Math.max(wait, APART - (Date.now() - this.lastSent)));
  }

  private async send(options: { keepalive?: boolean } = {}) {
    clearTimeout(this.timer);
    if (this.sending || this.stopped) return;
    const definition = this.current();
    const change = difference(this.acknowledged, definition);
    if (!change) {
      this.acknowledged = definition;
      this.keep(null);
      this.report("saved");
      return;
    }
    this.sending = definition;
    this.lastSent = Date.now();
    if (!this.failures) this.report("saving");
    try {
      const body = { revision: this.state().revision, client: this.client, change };
      this.answered(definition, await this.options.api.save(body, options));
    } catch (error) {
      this.failed(asProblem(error));
    }
    this.sending = null;
    if (this.current() !== definition && !this.stopped) this.schedule(this.failures ? this.backOff() : REST);
  }

  private answered(definition: FlowDefinition, answer: SavedDraft) {
    this.acknowledged = definition;
    this.failures = 0;
    this.state().acknowledge(answer.revision);
    if (this.current() !== definition) return;
    this.state().setProblems(answer.problems);
    this.keep(null);
    this.report("saved");
  }

  private failed(problem: Problem) {
    if (problem.status === 409) {
      this.conflict(problem.body as DraftConflict);
    } else if (problem.status && problem.status < 500 && ![408, 429].includes(problem.status)) {
      // It would be refused again: it is sent anew with the next edit.
      this.failures = 0;
      this.keep({ sent: null });
      this.report("refused", problem.message);
    } else {
      this.failures += 1;
      this.keep({ sent: this.sending });
      this.report("offline");
      this.timer = setTimeout(() => this.send(), this.backOff());
    }
  }

  private flush = () => {
    if (!this.sending && this.current() !== this.acknowledged) this.send();
  };

  private leave = () => {
    const definition = this.current();
    if (definition === this.acknowledged || this.stopped) return;
    const size = JSON.stringify(difference(this.acknowledged, definition) || {}).length;
    if (!this.sending) this.send(size < LONGEST_KEEPALIVE ? { keepalive: true } : {});
    if (this.current() !== this.acknowledged) {
      this.keep({ sent: this.sending, left: this.sending === definition });
    }
  };

  private hidden = () => {
    if (document.visibilityState === "hidden") this.leave();
  };
  private online = () => {
    if (this.failures) this.send();
  };
}
