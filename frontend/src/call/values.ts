// What was told, in words.
import type { ToldValue } from "../api/schema.ts";

const DAY = /^(\d{4})-(\d\d)-(\d\d)$/;

export function valueText({ kind, value }: ToldValue, language: string): string {
  if (typeof value === "boolean") return value ? "Yes" : "No";
  const day = kind === "date" && DAY.exec(String(value));
  if (!day) return String(value);
  const date = new Date(Number(day[1]), Number(day[2]) - 1, Number(day[3]));
  return date.toLocaleDateString(language, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
}
