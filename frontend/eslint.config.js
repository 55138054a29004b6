// Hooks, import cycles, names, and sizes that a reader can hold. tsc checks the types, Prettier the layout.
import { readFileSync } from "node:fs";
import { createTypeScriptImportResolver } from "eslint-import-resolver-typescript";
import { importX } from "eslint-plugin-import-x";
import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

// A name says what its value is. Properties are left alone, and so is what takes its name from one: `({ known })`.
const vagueWords = readFileSync(new URL("../ops/vague_names.txt", import.meta.url), "utf8")
  .trim()
  .split(/\s+/);
const bindings = [
  "VariableDeclarator > .id",
  ":function > .params",
  "FunctionDeclaration > .id",
  "ClassDeclaration > .id",
  "TSInterfaceDeclaration > .id",
  "TSTypeAliasDeclaration > .id",
  "CatchClause > .param",
  "ArrayPattern > .elements",
  "RestElement > .argument",
  "ObjectPattern > Property[shorthand=false] > .value",
  ":not(Property[shorthand=true]) > AssignmentPattern > .left",
];
const vagueName = {
  selector: `Identifier:matches(${bindings.join(", ")})[name=/^(${vagueWords.join("|")})$/i]`,
  message: "This name doesn't say what the value is: name the thing, or ask a question (isShown).",
};

export default tseslint.config(
  { ignores: ["node_modules", "src/generated"] },
  ...tseslint.configs.recommended,
  {
    files: ["{src,tests}/**/*.{ts,tsx}"],
    plugins: { "import-x": importX, "react-hooks": reactHooks },
    settings: { "import-x/resolver-next": [createTypeScriptImportResolver()] },
    rules: {
      "react-hooks/rules-of-hooks": "error",
      "react-hooks/exhaustive-deps": "error",
      "import-x/no-cycle": "error",
      "no-restricted-syntax": ["error", vagueName],
      "max-lines": ["error", { max: 300, skipBlankLines: true, skipComments: true }],
      "max-lines-per-function": ["error", { max: 80, skipBlankLines: true, skipComments: true }],
    },
  },
  { files: ["tests/**"], rules: { "max-lines-per-function": "off" } },
);
