import { expect, test } from "vitest";
import { emailCheck, invalidFields, passwordCheck } from "../src/components/checks.ts";

const CHECKS = { name: "Enter your name.", email: emailCheck, password: passwordCheck };

test("every field that is not right is named at once, in the order of the form", () => {
  expect(Object.entries(invalidFields({ name: " ", email: "ana", password: "short" }, CHECKS))).toEqual([
    ["name", "Enter your name."],
    ["email", "Enter a valid email address, like name@example.com."],
    ["password", "Use at least 10 characters."],
  ]);
  expect(invalidFields({ name: "Ana", email: " ana@example.com ", password: "quiet harbors" }, CHECKS)).toEqual({});
});

test("empty fields are asked for, and fields without a check are not", () => {
  expect(invalidFields({ email: "", password: " ", note: "" }, CHECKS)).toEqual({
    email: "Enter your email address.",
    password: "Choose a password.",
  });
});

test("a character outside the basic plane counts once", () => {
  expect(passwordCheck("🦊🦊🦊🦊🦊")).not.toBe("");
  expect(passwordCheck("🦊🦊🦊🦊🦊🦊🦊🦊🦊🦊")).toBe("");
});
