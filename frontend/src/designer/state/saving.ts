// Autosave: what has changed since the last revision that the server knows, after a moment of rest, one request at a time.
// What cannot be sent is kept in this browser until it can.
import { Problem } from "./api.ts";
import { difference, same } from "../model/change.ts";

const REST = 600; // milliseconds without an edit before the change is sent
const APART = 500; // milliseconds between two requests
const BACK_OFF = [1000, 2000, 4000, 8000, 15000, 30000];
const LONGEST_KEEPALIVE = 60_000; // bytes: a browser sends no more when a page is left

const place = (campaignId) => `qv-flow-${campaignId}`;

function keep(campaignId, kept) {
  try {
    if (kept) localStorage.setItem(place(campaignId), JSON.stringify(kept));
    else localStorage.removeItem(place(campaignId));
  } catch {
    // Without storage, or with a full one, there is nothing to fall back to.
  }
}

// What an earlier visit has left unsaved on a draft: null, or {definition, conflicting}.
// sent: what was on its way when it was kept. left: it was sent while the page was closed, so nobody heard the answer.
export function keptOf(campaignId, draft) {
  let kept = null;
  try {
    kept = JSON.parse(localStorage.getItem(place(campaignId)));
  } catch {
    return null;
  }
  if (!kept?.definition) return null;
  const arrived = same(kept.definition, draft.definition) || (kept.left && draft.revision > kept.revision + 1);
  if (arrived) {
    keep(campaignId, null);
    return null;
  }
  return {
    definition: kept.definition,
    conflicting: kept.revision !== draft.revision && !same(kept.sent, draft.definition),
  };
}

// onConflict: {revision, definition, updated_by} of a draft that somebody else has changed.
export function createSaver({ store, api, campaignId, acknowledged, onConflict }) {
  const client = crypto.randomUUID?.() || `${Date.now()}-${Math.random()}`;
  let known = acknowledged; // the definition that the server has
  let timer = null;
  let sending = null; // what is on its way
  let failures = 0;
  let last = 0;
  let stopped = false; // a conflict waits for somebody to decide
  const say = (state, message = "") =>
    store.getState().setSaving({ state, message, ...(state === "saved" ? { at: Date.now() } : {}) });
  const current = () => store.getState().definition;

  const later = (wait) => {
    clearTimeout(timer);
    timer = setTimeout(send, Math.max(wait, APART - (Date.now() - last)));
  };

  const unsubscribe = store.subscribe((now, before) => {
    if (now.definition === before.definition || stopped || now.definition === known) return;
    if (now.saving.state === "saved" || now.saving.state === "refused") say("dirty");
    if (!sending) later(failures ? BACK_OFF[Math.min(failures, BACK_OFF.length) - 1] : REST);
  });

  async function send(options = {}) {
    clearTimeout(timer);
    if (sending || stopped) return;
    const sent = current();
    const change = difference(known, sent);
    if (!change) {
      known = sent;
      keep(campaignId, null);
      say("saved");
      return;
    }
    sending = sent;
    last = Date.now();
    if (!failures) say("saving");
    try {
      const answer = await api.save({ revision: store.getState().revision, client, change }, options);
      known = sent;
      failures = 0;
      store.getState().acknowledge(answer.revision);
      if (current() === sent) {
        store.getState().setProblems(answer.problems);
        keep(campaignId, null);
        say("saved");
      }
    } catch (problem) {
      if (problem.status === 409) conflict(problem.body);
      else if (problem.status && problem.status < 500 && ![408, 429].includes(problem.status)) refused(problem);
      else failed();
    }
    sending = null;
    if (current() !== sent && !stopped) later(failures ? BACK_OFF[Math.min(failures, BACK_OFF.length) - 1] : REST);
  }

  function failed() {
    failures += 1;
    keep(campaignId, { revision: store.getState().revision, definition: current(), sent: sending });
    say("offline");
    timer = setTimeout(send, BACK_OFF[Math.min(failures, BACK_OFF.length) - 1]);
  }

  // It would be refused again: it is sent anew with the next edit.
  function refused(problem) {
    failures = 0;
    keep(campaignId, { revision: store.getState().revision, definition: current(), sent: null });
    say("refused", problem.message);
  }

  function conflict(theirs) {
    if (same(theirs.definition, current())) {
      known = theirs.definition;
      store.getState().acknowledge(theirs.revision);
      say("saved");
      return;
    }
    stopped = true;
    keep(campaignId, { revision: store.getState().revision, definition: current(), sent: null });
    say("conflict");
    onConflict(theirs);
  }

  const flush = (options) => !sending && current() !== known && send(options);
  const leave = () => {
    if (current() === known || stopped) return;
    const size = JSON.stringify(difference(known, current()) || {}).length;
    flush(size < LONGEST_KEEPALIVE ? { keepalive: true } : {});
    if (current() !== known)
      keep(campaignId, {
        revision: store.getState().revision,
        definition: current(),
        sent: sending,
        left: sending === current(),
      });
  };
  const hidden = () => document.visibilityState === "hidden" && leave();
  const online = () => failures && send();
  window.addEventListener("blur", flush);
  window.addEventListener("pagehide", leave);
  window.addEventListener("online", online);
  document.addEventListener("visibilitychange", hidden);

  return {
    conflict,
    // Everything is with the server, or this throws nothing and says why not in the store.
    async settle() {
      store.getState().end();
      while (sending) await new Promise((resolve) => setTimeout(resolve, 50));
      if (current() !== known) await send();
      return current() === known;
    },
    // A whole flow in place of the draft, of which the server keeps a copy. put: revision → what there is then.
    async replace(put) {
      if (!(await this.settle()))
        throw new Problem(0, { detail: "Your last changes are not saved yet. Try again when they are." });
      const { definition, revision, problems } = await put(store.getState().revision);
      this.settled(definition, revision, problems);
    },
    // The server has this now, however it came there.
    settled(definition, revision, problems) {
      known = definition;
      stopped = false;
      failures = 0;
      store.getState().adopt(definition, revision, problems);
      keep(campaignId, null);
      say("saved");
    },
    stop() {
      leave();
      unsubscribe();
      clearTimeout(timer);
      window.removeEventListener("blur", flush);
      window.removeEventListener("pagehide", leave);
      window.removeEventListener("online", online);
      document.removeEventListener("visibilitychange", hidden);
    },
  };
}
