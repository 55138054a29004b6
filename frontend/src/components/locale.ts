// Dates, times, and numbers as the browser's region writes them, in English like the pages.

/** English as written in the region of a language: `de-AT` becomes `en-AT`. */
export function englishIn(language: string): string {
  try {
    const { region } = new Intl.Locale(language).maximize();
    return region ? `en-${region}` : "en";
  } catch {
    return "en";
  }
}

export const LOCALE = englishIn(globalThis.navigator?.language ?? "en");

export const dateAndTime = new Intl.DateTimeFormat(LOCALE, {
  day: "numeric",
  month: "short",
  hour: "numeric",
  minute: "2-digit",
});
