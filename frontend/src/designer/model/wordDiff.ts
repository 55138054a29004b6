// Which words of a text are different from another one.

export interface Part {
  type: "same" | "removed" | "added";
  text: string;
}

const TOKEN = /\s+|[\p{L}\p{N}_]+(?:['’][\p{L}]+)*|[^\s\p{L}\p{N}_]/gu;
const LARGEST = 1_000_000; // cells of the table: beyond, the middle of the texts counts as replaced

const tokensOf = (text: string): string[] => text.match(TOKEN) ?? [];

// lengths[i][j]: how many tokens the rest of both lists have in common, from there on.
function lengthsOf(before: string[], after: string[]): Uint32Array[] {
  const lengths = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1));
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      lengths[i][j] =
        before[i] === after[j] ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  return lengths;
}

function middle(before: string[], after: string[]): Part[] {
  const parts: Part[] = [];
  let [i, j] = [0, 0];
  if (before.length * after.length <= LARGEST) {
    const lengths = lengthsOf(before, after);
    while (i < before.length && j < after.length) {
      if (before[i] === after[j]) {
        parts.push({ type: "same", text: before[i] });
        i += 1;
        j += 1;
      } else if (lengths[i + 1][j] >= lengths[i][j + 1]) {
        parts.push({ type: "removed", text: before[i] });
        i += 1;
      } else {
        parts.push({ type: "added", text: after[j] });
        j += 1;
      }
    }
  }
  parts.push({ type: "removed", text: before.slice(i).join("") }, { type: "added", text: after.slice(j).join("") });
  return parts;
}

// A space between two changed words belongs to the change: "old words" became "new ones", not two pairs of words.
function joined(parts: Part[]): Part[] {
  const result: Part[] = [];
  let removed = "";
  let added = "";
  const flush = () => {
    if (removed) result.push({ type: "removed", text: removed });
    if (added) result.push({ type: "added", text: added });
    removed = "";
    added = "";
  };
  parts.forEach((part, index) => {
    const next = parts.at(index + 1);
    const bridges = part.type === "same" && !part.text.trim() && (removed || added) && next && next.type !== "same";
    if (part.type === "removed" || bridges) removed += part.text;
    if (part.type === "added" || bridges) added += part.text;
    if (part.type !== "same" || bridges) return;
    flush();
    const last = result.at(-1);
    if (last?.type === "same") last.text += part.text;
    else result.push({ ...part });
  });
  flush();
  return result;
}

/** Both texts as one: without what was added it is the first, without what was removed the second. */
export function diffWords(before: string, after: string): Part[] {
  const [old, now] = [tokensOf(before), tokensOf(after)];
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start += 1;
  let end = 0;
  const rest = Math.min(old.length, now.length) - start;
  while (end < rest && old[old.length - 1 - end] === now[now.length - 1 - end]) end += 1;
  const same = (tokens: string[]): Part[] => (tokens.length ? [{ type: "same", text: tokens.join("") }] : []);
  return joined([
    ...same(old.slice(0, start)),
    ...middle(old.slice(start, old.length - end), now.slice(start, now.length - end)).filter(({ text }) => text),
    ...same(old.slice(old.length - end)),
  ]);
}
