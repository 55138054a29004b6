// What is wrong with the values of a form, before it is sent.

/** The message when the field is empty, or what is wrong with its value, if anything. */
export type Check = string | ((value: string) => string);

/** The message of each field that is not right, in the order of the fields. */
export function invalidFields(
  values: Record<string, string>,
  checks: Partial<Record<string, Check>>,
): Record<string, string> {
  const messages = Object.entries(values).map(([name, value]): [string, string] => {
    const check = checks[name] ?? "";
    if (typeof check === "function") return [name, check(value)];
    return [name, value.trim() ? "" : check];
  });
  return Object.fromEntries(messages.filter(([, message]) => message));
}

/** The server decides what an address is; this finds what cannot be one. */
export function emailCheck(value: string): string {
  if (!value.trim()) return "Enter your email address.";
  return /^\S+@\S+\.\S+$/.test(value.trim()) ? "" : "Enter a valid email address, like name@example.com.";
}

const SHORTEST_PASSWORD = 10;

export const PASSWORD_HINT = `Use at least ${SHORTEST_PASSWORD} characters. A few unrelated words are easy to remember and hard to guess.`;

/** For a new password. The server decides whether it can be guessed. */
export function passwordCheck(value: string): string {
  if (!value.trim()) return "Choose a password.";
  return [...value].length < SHORTEST_PASSWORD ? `Use at least ${SHORTEST_PASSWORD} characters.` : "";
}
