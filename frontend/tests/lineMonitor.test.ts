import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DEAD_AFTER_MS, LineMonitor } from "../src/call/lineMonitor.ts";

let received = 0;
let arriving = true;
let changes: boolean[] = [];
let online = true;
const page = new EventTarget();

beforeEach(() => {
  [received, arriving, changes, online] = [1, true, [], true];
  vi.useFakeTimers();
  vi.stubGlobal("window", page);
  vi.stubGlobal("navigator", {
    get onLine() {
      return online;
    },
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function watch() {
  const line = new LineMonitor(
    async () => (arriving ? (received += 100) : received),
    (alive) => changes.push(alive),
  );
  line.start();
  return line;
}

test("a line on which something arrives is alive", async () => {
  const line = watch();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(changes).toEqual([]);
  line.stop();
});

test("a line on which nothing arrives is dead within three seconds, and alive again with the first byte", async () => {
  const line = watch();
  await vi.advanceTimersByTimeAsync(5000);
  arriving = false;
  await vi.advanceTimersByTimeAsync(DEAD_AFTER_MS - 600);
  expect(changes).toEqual([]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(changes).toEqual([false]);
  arriving = true;
  await vi.advanceTimersByTimeAsync(600);
  expect(changes).toEqual([false, true]);
  line.stop();
});

test("what the browser says of the network counts at once", async () => {
  const line = watch();
  await vi.advanceTimersByTimeAsync(5000);
  online = false;
  page.dispatchEvent(new Event("offline"));
  expect(changes).toEqual([false]);
  await vi.advanceTimersByTimeAsync(5000);
  expect(changes).toEqual([false]);
  online = true;
  page.dispatchEvent(new Event("online"));
  await vi.advanceTimersByTimeAsync(1500);
  expect(changes).toEqual([false, true]);
  line.stop();
});

test("where nothing can be counted, the line is not called dead", async () => {
  arriving = false;
  received = 0;
  const line = watch();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(changes).toEqual([]);
  line.stop();
});
