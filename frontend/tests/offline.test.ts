import { expect, test } from "vitest";
import { destination } from "../src/frame/offline.ts";

const HERE = "https://voice.example/calls?status=completed#top";
const click = { button: 0, metaKey: false, ctrlKey: false, shiftKey: false, altKey: false, defaultPrevented: false };
const link = (href: string, more: object = {}) => ({
  href: new URL(href, HERE).href,
  target: "",
  download: "",
  ariaLabel: null,
  textContent: " Campaigns ",
  ...more,
});

test("a link to another page of the app has a destination", () => {
  expect(destination(click, link("/campaigns?x=1#y"), HERE)).toEqual({ path: "/campaigns?x=1#y", name: "Campaigns" });
  expect(destination(click, link("/calls"), HERE)?.path).toBe("/calls");
  expect(destination(click, link("/", { ariaLabel: "Quantum Voice" }), HERE)?.name).toBe("Quantum Voice");
});

test.each([
  ["a place on this page", click, link("#content")],
  ["another site", click, link("https://elsewhere.example/calls")],
  ["a new tab", click, link("/call/demo", { target: "_blank" })],
  ["a download", click, link("/export", { download: "calls.zip" })],
  ["a click with a key", { ...click, ctrlKey: true }, link("/campaigns")],
  ["another button", { ...click, button: 1 }, link("/campaigns")],
  ["a click that was dealt with", { ...click, defaultPrevented: true }, link("/campaigns")],
])("%s is left to the browser", (_, event, anchor) => {
  expect(destination(event, anchor, HERE)).toBeNull();
});
