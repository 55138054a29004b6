// Conditions as text, in the part of their grammar (domain/flows/model/expressions.py) that rows can show. Whatever is
// read here means the same there; anything else isn't read at all, so that nothing gets lost.
import type { Value } from "./flow.ts";

export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";
export type Membership = "in" | "not in";
export type Expression =
  | { type: "name"; name: string }
  | { type: "not"; name: string }
  | { type: "compare"; name: string; operator: Comparison; value: Value }
  | { type: "member"; name: string; operator: Membership; values: Value[] }
  | { type: "and" | "or"; parts: Expression[] };

const TOKEN =
  /[ \t]*(?:([A-Za-z_][A-Za-z0-9_]*)|((?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?(?![\w.]))|("(?:[^"\\\n\r]|\\["'\\])*"|'(?:[^'\\\n\r]|\\["'\\])*')|(==|!=|<=|>=|[<>()[\],-]))/y;
const WORDS = new Set(
  (
    "and or not in is if else for lambda None True False async await as assert break class continue def del elif except" +
    " finally from global import nonlocal pass raise return try while with yield"
  ).split(" "),
);
const COMPARISONS = new Set<string>(["==", "!=", "<", "<=", ">", ">="]);

type Token = { type: "name" | "word" | "symbol"; text: string } | { type: "value"; value: number | string };

function tokensOf(text: string): Token[] | null {
  const tokens: Token[] = [];
  const end = text.replace(/[ \t\n]+$/, "").length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const match = TOKEN.exec(text);
    if (!match) return null;
    const [, name, number, quoted, symbol] = match;
    if (name) tokens.push({ type: WORDS.has(name) ? "word" : "name", text: name });
    else if (number) tokens.push({ type: "value", value: Number(number) });
    else if (quoted) tokens.push({ type: "value", value: quoted.slice(1, -1).replace(/\\(.)/g, "$1") });
    else tokens.push({ type: "symbol", text: symbol });
  }
  return tokens;
}

class Unreadable extends Error {}

class Reader {
  private at = 0;
  private readonly tokens: Token[];

  constructor(tokens: Token[]) {
    this.tokens = tokens;
  }

  whole(): Expression {
    const result = this.joined("or");
    if (this.at < this.tokens.length) throw new Unreadable();
    return result;
  }

  private take(...texts: string[]): string | null {
    const token = this.tokens.at(this.at);
    if (!token || !("text" in token) || token.type === "name" || !texts.includes(token.text)) return null;
    this.at += 1;
    return token.text;
  }

  private expect(text: string) {
    if (!this.take(text)) throw new Unreadable();
  }

  private joined(type: "and" | "or"): Expression {
    const next = () => (type === "or" ? this.joined("and") : this.term());
    const first = next();
    const parts = [first];
    while (this.take(type)) parts.push(next());
    return parts.length > 1 ? { type, parts } : first;
  }

  private term(): Expression {
    if (this.take("(")) {
      const inner = this.joined("or");
      this.expect(")");
      return inner;
    }
    const negated = Boolean(this.take("not"));
    const name = this.name();
    const operator = this.operator();
    if (negated && operator) throw new Unreadable();
    if (!operator) return { type: negated ? "not" : "name", name };
    if (operator === "in" || operator === "not in") return { type: "member", name, operator, values: this.list() };
    return { type: "compare", name, operator, value: this.value() };
  }

  private name(): string {
    const token = this.tokens.at(this.at);
    if (token?.type !== "name") throw new Unreadable();
    this.at += 1;
    return token.text;
  }

  private operator(): Comparison | Membership | null {
    const comparison = this.take(...COMPARISONS);
    if (comparison) return comparison as Comparison;
    if (this.take("in")) return "in";
    if (!this.take("not")) return null;
    this.expect("in");
    return "not in";
  }

  private list(): Value[] {
    this.expect("[");
    const values = [this.value()];
    while (this.take(",")) values.push(this.value());
    this.expect("]");
    return values;
  }

  private value(): Value {
    const word = this.take("True", "False");
    if (word) return word === "True";
    const negative = Boolean(this.take("-"));
    const token = this.tokens.at(this.at);
    if (token?.type !== "value" || (negative && typeof token.value !== "number")) throw new Unreadable();
    this.at += 1;
    return negative ? -token.value : token.value;
  }
}

/** null for what isn't a condition, or one of the parts of the grammar that aren't read here. */
export function parse(text: string): Expression | null {
  const tokens = tokensOf(text);
  if (!tokens?.length) return null;
  try {
    return new Reader(tokens).whole();
  } catch (error) {
    if (error instanceof Unreadable) return null;
    throw error;
  }
}

// Of a number that the grammar can't write, as many digits as it can.
const digits = (value: number) => {
  const text = String(value);
  return text.includes("e") ? value.toFixed(15).replace(/\.?0+$/, "") : text;
};

export function printValue(value: Value): string {
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return digits(value);
  return `"${value.replace(/[\n\r]+/g, " ").replace(/["\\]/g, "\\$&")}"`;
}

export function print(expression: Expression): string {
  switch (expression.type) {
    case "name":
      return expression.name;
    case "not":
      return `not ${expression.name}`;
    case "compare":
      return `${expression.name} ${expression.operator} ${printValue(expression.value)}`;
    case "member":
      return `${expression.name} ${expression.operator} [${expression.values.map(printValue).join(", ")}]`;
    default: {
      const part = (one: Expression) => (one.type === "and" || one.type === "or" ? `(${print(one)})` : print(one));
      return expression.parts.map(part).join(` ${expression.type} `);
    }
  }
}
