// Prints [{join, rows, text}] of random conditions as the designer writes them.
import { readFileSync } from "node:fs";
const { folder, count, seed, values } = JSON.parse(readFileSync(0, "utf8"));
const [{ OPERATORS, takesList, takesValue, textOf, rowsOf, kindsOf }] = await Promise.all(
  ["conditionRows"].map((name) => import(`file://${folder}/${name}.ts`)),
);

let state = seed;
const random = (below) => {
  state = (state * 1103515245 + 12345) % 2147483648;
  return Math.floor((state / 2147483648) * below);
};
const any = (items) => items[random(items.length)];
const kinds = { ...kindsOf({ variables: [] }), urgent: "yes_no", bedrooms: "number", day: "date", city: "text" };

const row = () => {
  const name = any(Object.keys(kinds));
  const operator = any(Object.keys(OPERATORS[kinds[name]]));
  const value = () => any(values[kinds[name]]);
  if (!takesValue(operator)) return { name, operator, value: null };
  return { name, operator, value: takesList(operator) ? [value(), value()] : value() };
};

const found = [];
for (let round = 0; round < count; round += 1) {
  const made = { join: any(["and", "or"]), rows: Array.from({ length: 1 + random(4) }, row) };
  const text = textOf(made);
  found.push({ ...made, text, kept: rowsOf(text, kinds) !== null });
}
console.log(JSON.stringify(found));
