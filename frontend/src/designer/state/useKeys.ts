// The keys of the designer, and the clipboard. Letters alone count on the canvas and in the outline, not in panels.
import { useEffect, useRef } from "react";
import { copyOf, paste, readCopy } from "../model/clipboard.ts";
import { useFlowStore } from "./context.ts";

const TYPING = "input, textarea, select, [contenteditable]";
const ELSEWHERE = "[data-panel], dialog, [role=menu], .qv-nav, .qv-sim";
const busy = (target) => target.matches?.(TYPING) || document.querySelector("dialog[open]");

export function useKeys(act) {
  const store = useFlowStore();
  const latest = useRef(act);
  latest.current = act;

  useEffect(() => {
    const state = () => store.getState();

    const onKeyDown = (event) => {
      const { target, key } = event;
      const command = event.metaKey || event.ctrlKey;
      const does = (action) => {
        event.preventDefault();
        action();
      };
      const now = latest.current;
      if (document.querySelector("dialog[open], .qv-menu")) return;
      if (command && key.toLowerCase() === "f") return does(now.search);
      if (command && key.toLowerCase() === "s") return does(now.save);
      if (key === "Escape" && target.closest?.("[data-panel]")) return does(now.leavePanel);
      if (target.matches?.(TYPING)) return undefined;
      if (command) {
        const action = {
          z: event.shiftKey ? state().redo : state().undo,
          y: state().redo,
          a: now.selectAll,
          d: now.duplicate,
        }[key.toLowerCase()];
        return action ? does(action) : undefined;
      }
      if (event.altKey || target.closest?.(ELSEWHERE)) return undefined;
      if (key === "Enter" && target.closest?.("[data-row], .react-flow__node, .react-flow__edge"))
        return does(() => now.enter(target));
      if (["Delete", "Backspace", "a", "c"].includes(key)) now.mean(target);
      const action = {
        Delete: state().removeSelected,
        Backspace: state().removeSelected,
        Escape: now.leave,
        "?": now.keys,
        n: now.add,
        a: now.after,
        c: now.connect,
        p: now.problems,
        o: now.otherView,
        f: now.fit,
        l: now.arrange,
      }[key];
      return action ? does(action) : undefined;
    };

    const copied = (event) => {
      if (busy(event.target) || String(window.getSelection())) return false;
      const text = copyOf(state().definition, state().selected);
      if (!text) return false;
      event.clipboardData.setData("text/plain", text);
      event.preventDefault();
      return true;
    };
    const cut = (event) => copied(event) && state().removeSelected();
    const pasted = (event) => {
      if (busy(event.target) || !state().canWrite) return;
      const copy = readCopy(event.clipboardData.getData("text/plain"));
      if (!copy) return;
      event.preventDefault();
      const [definition, ids] = paste(state().definition, copy);
      state().edit(() => definition);
      state().select(ids);
      latest.current.reveal(ids);
    };

    window.addEventListener("keydown", onKeyDown);
    document.addEventListener("copy", copied);
    document.addEventListener("cut", cut);
    document.addEventListener("paste", pasted);
    return () => {
      window.removeEventListener("keydown", onKeyDown);
      document.removeEventListener("copy", copied);
      document.removeEventListener("cut", cut);
      document.removeEventListener("paste", pasted);
    };
  }, [store]);
}
