import fc from "fast-check";
import { expect, test } from "vitest";
import { callReducer, initialCall, type CallAction, type CallState } from "../src/call/callMachine.ts";

const call = {
  call_id: "call_1",
  server_url: "ws://localhost",
  token: "t",
  expires_at: "2026-01-05T10:00:00Z",
  test: false,
};
const after = (...actions: CallAction[]) => actions.reduce(callReducer, initialCall);
const START: CallAction = { type: "start", typing: false };
const CONNECTED: CallAction = { type: "connected", call, at: 5 };

const action: fc.Arbitrary<CallAction> = fc.oneof(
  fc.constantFrom<CallAction>(
    { type: "reset" },
    { type: "microphone", microphone: "on" },
    { type: "start_failed", problem: { code: "denied" } },
    CONNECTED,
    { type: "assistant_present", state: "speaking" },
    { type: "assistant_gone" },
    { type: "assistant_requested" },
    { type: "no_assistant_free", problem: { code: "busy" } },
    { type: "connection", connection: "weak" },
    { type: "ending", reason: "goodbye" },
  ),
  fc.boolean().map((typing): CallAction => ({ type: "start", typing })),
  fc.nat().map((at): CallAction => ({ type: "connection_lost", at })),
  fc.nat().map((at): CallAction => ({ type: "ended", reason: "over", at })),
  fc
    .tuple(fc.constantFrom("a", "b", "c"), fc.string(), fc.nat())
    .map(([id, text, at]): CallAction => ({ type: "caption", caption: { id, text }, at })),
  fc
    .tuple(fc.constantFrom("d", "e"), fc.constantFrom("Hi", "Hi there", "Hello"), fc.boolean(), fc.nat())
    .map(([id, text, complete, at]): CallAction => ({ type: "words", id, text, complete, at })),
  fc
    .tuple(fc.constantFrom("f", "g"), fc.constantFrom("Hi", "Hi there", "Hello"), fc.boolean(), fc.nat())
    .map(([segment, text, final, at]): CallAction => ({ type: "spoken", segment, text, final, at })),
);

test("whatever happens, captions are unique and a call that is over stays over until it is reset", () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 30 }), (actions) => {
      let state: CallState = initialCall;
      for (const one of actions) {
        state = callReducer(state, one);
        expect(new Set(state.captions.map(({ id }) => id)).size).toBe(state.captions.length);
        if (state.step === "after") expect(callReducer(state, { type: "ended", reason: "x", at: 9 })).toBe(state);
      }
      expect(callReducer(state, { type: "reset" })).toBe(initialCall);
    }),
  );
});

test("a call begins with the microphone, or in writing and says why", () => {
  expect(after(START)).toMatchObject({ step: "connecting", microphone: "asking" });
  expect(after({ type: "start", typing: true })).toMatchObject({ microphone: "none" });
  const denied: CallAction = { type: "start_failed", problem: { code: "denied" } };
  expect(after(START, denied)).toMatchObject({ step: "before", problem: { code: "denied" } });
  expect(after(START, denied, { type: "start", typing: true })).toMatchObject({ microphone: "denied", problem: null });
});

test("hanging up while it rings leads back to the beginning, later to the end", () => {
  const endAction: CallAction = { type: "ended", reason: "caller", at: 9 };
  expect(after(START, endAction)).toBe(initialCall);
  expect(after(START, CONNECTED, endAction)).toMatchObject({
    step: "after",
    startedAt: 5,
    endedAt: 9,
    reason: "caller",
  });
});

test("the assistant's reason counts more than that the line was cut", () => {
  const endAction: CallAction = { type: "ended", reason: "over", at: 9 };
  expect(after(START, CONNECTED, { type: "ending", reason: "goodbye" }, endAction).reason).toBe("goodbye");
});

test("a lost connection is lost since it was lost first", () => {
  const lostState = after({ type: "connection_lost", at: 1 }, { type: "connection_lost", at: 2 });
  expect(lostState).toMatchObject({ connection: "lost", lostAt: 1 });
  const back = callReducer(lostState, { type: "connection", connection: "good" });
  expect(callReducer(back, { type: "connection_lost", at: 3 }).lostAt).toBe(3);
});

test("where all lines are busy, trying again begins in the same way", () => {
  const busy: CallAction = { type: "no_assistant_free", problem: { code: "busy", retryAfter: 20 } };
  expect(after({ type: "start", typing: true }, CONNECTED, busy)).toMatchObject({
    step: "before",
    microphone: "none",
    problem: { retryAfter: 20 },
  });
});

test("a caption keeps its time while its words grow", () => {
  const grow = (text: string, at: number): CallAction => ({ type: "caption", caption: { id: "a", text }, at });
  expect(after(grow("He", 1), grow("Hello", 2)).captions).toEqual([
    { id: "a", at: 1, speaker: "caller", text: "Hello", final: false },
  ]);
});
