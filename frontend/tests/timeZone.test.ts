import { expect, test } from "vitest";
import { findTimeZones, timeZone, timeZones } from "../src/components/timeZone.ts";

const WINTER = new Date("2026-01-15T12:00:00Z");
const zones = timeZones(WINTER, "America/New_York");
const ids = (text: string) => findTimeZones(zones, text).map(({ id }) => id);

test("a time zone is a city in a region, with the offset of the day", () => {
  expect(timeZone("America/New_York", WINTER)).toEqual({
    id: "America/New_York",
    city: "New York",
    region: "America",
    offset: "UTC-05:00",
  });
  expect(timeZone("America/New_York", new Date("2026-07-15T12:00:00Z")).offset).toBe("UTC-04:00");
  expect(timeZone("America/Argentina/Buenos_Aires", WINTER).city).toBe("Buenos Aires, Argentina");
  expect(timeZone("UTC", WINTER)).toEqual({ id: "UTC", city: "UTC", region: "Other", offset: "UTC" });
});

test("one that the browser does not know keeps its name", () => {
  expect(timeZone("Mars/Base_One", WINTER)).toMatchObject({ city: "Base One", region: "Mars", offset: "" });
  expect(timeZones(WINTER, "Mars/Base_One").map(({ id }) => id)).toContain("Mars/Base_One");
});

test("regions stand together, and nothing is listed twice", () => {
  const regions = zones.map(({ region }) => region);
  expect(regions.filter((region, at) => region !== regions[at - 1]).length).toBe(new Set(regions).size);
  expect(new Set(zones.map(({ id }) => id)).size).toBe(zones.length);
});

test("they are found by city, region and offset, however it is typed", () => {
  expect(ids("new york")).toEqual(["America/New_York"]);
  expect(ids("New_York")).toEqual(["America/New_York"]);
  expect(ids("europe berl")).toEqual(["Europe/Berlin"]);
  expect(ids("America/New_York")).toEqual(["America/New_York"]);
  expect(ids("utc-05:00")).toContain("America/New_York");
  expect(ids("nowhere at all")).toEqual([]);
});
