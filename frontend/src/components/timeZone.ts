// Time zones as people look for them: by city, grouped by region, with today's offset.

export interface TimeZone {
  /** IANA name. */
  id: string;
  city: string;
  region: string;
  /** Like UTC-05:00, on the day that is asked for. */
  offset: string;
}

export const browserTimeZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

/** What the browser calls a time zone, if it knows it. */
export function timeZone(id: string, on: Date): TimeZone {
  const [region, ...rest] = id.split("/");
  const city = rest.length ? rest.toReversed().join(", ").replaceAll("_", " ") : id;
  return { id, city, region: rest.length ? region : "Other", offset: offsetOf(id, on) };
}

function offsetOf(id: string, on: Date): string {
  try {
    const parts = new Intl.DateTimeFormat("en", { timeZone: id, timeZoneName: "longOffset" }).formatToParts(on);
    const offset = parts.find(({ type }) => type === "timeZoneName")?.value ?? "GMT";
    return offset.replace(/^GMT(\+00:00)?/, "UTC");
  } catch {
    return "";
  }
}

/** All that the browser knows, UTC, and these, sorted by region and city. */
export function timeZones(on: Date, ...more: string[]): TimeZone[] {
  const ids = new Set([...Intl.supportedValuesOf("timeZone"), "UTC", ...more]);
  const zones = [...ids].map((id) => timeZone(id, on));
  return zones.toSorted((a, b) => a.region.localeCompare(b.region) || a.city.localeCompare(b.city));
}

/** Those that a text is about: a city, a region, or an offset. */
export function findTimeZones(zones: TimeZone[], text: string): TimeZone[] {
  const words = text
    .toLowerCase()
    .replaceAll("_", " ")
    .split(/[\s/,]+/)
    .filter(Boolean);
  return zones.filter((zone) => {
    const searched = `${zone.city} ${zone.region} ${zone.offset}`.toLowerCase();
    return words.every((word) => searched.includes(word));
  });
}
