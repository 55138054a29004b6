// Modules that Reflex generates into the build.
declare module "$/utils/context" {
  import type { Context } from "react";

  export const ColorModeContext: Context<{
    resolvedColorMode: string;
    rawColorMode: string;
    setColorMode: (mode: string) => void;
    toggleColorMode: () => void;
  }>;
}

declare module "*.css";
