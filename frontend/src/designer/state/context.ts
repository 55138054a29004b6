// The store of the open flow, for every part of the designer.
import { createContext, useContext } from "react";
import { useStore } from "zustand";
import type { TemporalState } from "zundo";
import type { FlowState, FlowStore } from "./store.ts";

export const FlowContext = createContext<FlowStore | null>(null);

export function useFlowStore(): FlowStore {
  const store = useContext(FlowContext);
  if (!store) throw new Error("Parts of the designer need its FlowContext.");
  return store;
}
export const useFlow = <Selected>(select: (state: FlowState) => Selected) => useStore(useFlowStore(), select);
type History = TemporalState<Pick<FlowState, "definition">>;
export const useHistory = <Selected>(select: (history: History) => Selected) =>
  useStore(useFlowStore().temporal, select);
