// The store of the flow that is open, for every part of the designer.
import { createContext, useContext } from "react";
import { useStore } from "zustand";

export const FlowContext = createContext(null);
export const useFlowStore = () => useContext(FlowContext);
export const useFlow = (select) => useStore(useContext(FlowContext), select);
export const useHistory = (select) => useStore(useContext(FlowContext).temporal, select);
