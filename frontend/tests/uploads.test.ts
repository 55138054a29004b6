import { expect, test } from "vitest";
import { nextUploads, reduce, sizeInWords, type Upload } from "../src/knowledge/uploads.ts";

const file = (name: string, size: number) => ({ name, size }) as File;
const add = (uploads: Upload[], ...files: File[]) => reduce(uploads, { type: "add", files, largest: 1_000_000 });
const names = (uploads: Upload[]) => uploads.map((upload) => upload.file.name);

test("a file that is empty or too large is not sent, and says why", () => {
  const uploads = add([], file("empty.txt", 0), file("large.pdf", 1_000_001), file("fits.pdf", 1_000_000));
  expect(uploads.map(({ status }) => status)).toEqual(["failed", "failed", "waiting"]);
  expect(uploads.map(({ problem }) => problem)).toEqual([
    "This file is empty.",
    "This file is larger than 1 MB. Split it.",
    "",
  ]);
  expect(uploads.some(({ retryable }) => retryable)).toBe(false);
  expect(names(nextUploads(uploads))).toEqual(["fits.pdf"]);
});

test("two files are sent at the same time, and the next when one is stored", () => {
  let uploads = add([], file("a", 1), file("b", 1), file("c", 1));
  expect(names(nextUploads(uploads))).toEqual(["a", "b"]);
  for (const { id } of nextUploads(uploads)) uploads = reduce(uploads, { type: "start", id });
  expect(nextUploads(uploads)).toEqual([]);
  uploads = reduce(uploads, { type: "progress", id: uploads[1].id, progress: 40 });
  expect(uploads.map(({ progress }) => progress)).toEqual([0, 40, 0]);
  uploads = reduce(uploads, { type: "remove", id: uploads[0].id });
  expect(names(nextUploads(uploads))).toEqual(["c"]);
});

test("a file that failed on the way is sent again when somebody says so", () => {
  let uploads = add([], file("a", 1));
  const { id } = uploads[0];
  uploads = reduce(uploads, { type: "fail", id, problem: "The upload was interrupted.", retryable: true });
  expect(nextUploads(uploads)).toEqual([]);
  uploads = reduce(uploads, { type: "retry", id });
  expect(uploads[0].problem).toBe("");
  expect(names(nextUploads(uploads))).toEqual(["a"]);
});

test("sizes are in words", () => {
  expect([0, 10, 1500, 25_000_000].map(sizeInWords)).toEqual(["0 kB", "1 kB", "2 kB", "25.0 MB"]);
});
