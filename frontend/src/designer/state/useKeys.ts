// The keys of the designer, and the clipboard. Letters alone count on the canvas and in the outline, not in panels.
import { useEffect, useRef } from "react";
import type { Commands } from "../commands.ts";
import { copyOf, readCopy, type FlowPart } from "../model/clipboard.ts";
import { useFlowStore } from "./context.ts";
import type { FlowState, FlowStore } from "./store.ts";

const TYPING = "input, textarea, select, [contenteditable]";
const OVERLAY = "[role=dialog], [role=menu]";
const ELSEWHERE = `[data-panel], ${OVERLAY}, .frame-nav, .simulator`;
const ROW = "[data-row], .react-flow__node, .react-flow__edge";
type Actions = Record<string, (() => unknown) | undefined>;

const isTyping = (target: EventTarget | null) =>
  (target instanceof Element && target.matches(TYPING)) || document.querySelector("[role=dialog]");

const withCommandKey = (event: KeyboardEvent, commands: Commands, { undo, redo }: FlowState): Actions => ({
  z: event.shiftKey ? redo : undo,
  y: redo,
  a: commands.selectAll,
  d: commands.duplicate,
});

const letters = (commands: Commands, { removeSelected }: FlowState): Actions => ({
  Delete: removeSelected,
  Backspace: removeSelected,
  Escape: commands.leave,
  "?": commands.keys,
  n: commands.add,
  a: commands.after,
  c: commands.connect,
  p: commands.problems,
  o: commands.otherView,
  f: commands.fit,
  l: commands.arrange,
});

/** What a key does here and now, if anything. */
function actionOf(event: KeyboardEvent, target: Element, commands: Commands, state: FlowState) {
  const { key } = event;
  const command = event.metaKey || event.ctrlKey;
  if (document.querySelector(OVERLAY)) return undefined;
  if (command && key.toLowerCase() === "f") return commands.search;
  if (command && key.toLowerCase() === "s") return commands.save;
  if (key === "Escape" && target.closest("[data-panel]")) return commands.leavePanel;
  if (target.matches(TYPING)) return undefined;
  if (command) return withCommandKey(event, commands, state)[key.toLowerCase()];
  if (event.altKey || target.closest(ELSEWHERE)) return undefined;
  if (key === "Enter" && target.closest(ROW)) return () => commands.enter(target);
  if (["Delete", "Backspace", "a", "c"].includes(key)) commands.syncSelectionToFocus(target);
  return letters(commands, state)[key];
}

function clipboardHandlers(store: FlowStore, paste: (copy: FlowPart) => void) {
  const state = () => store.getState();
  const copy = (event: ClipboardEvent) => {
    if (isTyping(event.target) || String(window.getSelection())) return false;
    const text = copyOf(state().definition, state().selected);
    if (!text) return false;
    event.clipboardData?.setData("text/plain", text);
    event.preventDefault();
    return true;
  };
  const cut = (event: ClipboardEvent) => {
    if (copy(event)) state().removeSelected();
  };
  const insert = (event: ClipboardEvent) => {
    if (isTyping(event.target) || !state().canWrite) return;
    const part = readCopy(event.clipboardData?.getData("text/plain") ?? null);
    if (!part) return;
    event.preventDefault();
    paste(part);
  };
  return { copy, cut, paste: insert };
}

export function useKeys(commands: Commands) {
  const store = useFlowStore();
  const latest = useRef(commands);
  useEffect(() => {
    latest.current = commands;
  });

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const target = event.target instanceof Element ? event.target : document.body;
      const action = actionOf(event, target, latest.current, store.getState());
      if (!action) return;
      event.preventDefault();
      action();
    };
    const clipboard = clipboardHandlers(store, (copy) => latest.current.paste(copy));
    window.addEventListener("keydown", onKeyDown);
    document.addEventListener("copy", clipboard.copy);
    document.addEventListener("cut", clipboard.cut);
    document.addEventListener("paste", clipboard.paste);
    return () => {
      window.removeEventListener("keydown", onKeyDown);
      document.removeEventListener("copy", clipboard.copy);
      document.removeEventListener("cut", clipboard.cut);
      document.removeEventListener("paste", clipboard.paste);
    };
  }, [store]);
}
