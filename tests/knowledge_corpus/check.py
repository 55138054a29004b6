#!/usr/bin/env python3
"""Check questions.jsonl against the documents beside it.

Standard library only. Run from anywhere: python3 check.py [--sample N [SEED]]
Exits 1 and lists each fault if something does not hold.
"""

import collections
import csv
import html.parser
import json
import pathlib
import random
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
DOCUMENTS = HERE / "documents"
QUESTIONS = HERE / "questions.jsonl"
INJECTED = HERE / "hostile.json"

ANSWERABLE = {
    "lookup",
    "table_cell",
    "near_duplicate",
    "date_or_hours",
    "procedure",
    "yes_no",
    "multi_condition",
    "paraphrase",
}
UNANSWERABLE = {
    "unanswerable/underspecified",
    "unanswerable/false_presupposition",
    "unanswerable/nonsensical",
    "unanswerable/modality_limited",
    "unanswerable/safety_concerned",
    "unanswerable/out_of_database",
}
REQUIRED = {
    "id",
    "business",
    "question",
    "kind",
    "answerable",
    "answer",
    "values",
    "neighbor_values",
    "document",
    "heading",
    "evidence",
}
OPTIONAL = {"neighbor_document", "hostile", "verdict"}


SAYS_WHERE = ("heading", "evidence", "values", "neighbor_values")
OUTSIDE = "(value in the document, outside the evidence)"


class Text(html.parser.HTMLParser):
    """The visible text of a page, and its headings."""

    def __init__(self):
        super().__init__()
        self.parts, self.headings, self._hidden, self._heading = [], [], 0, None

    def handle_starttag(self, tag, attrs):
        if tag in ("style", "script"):
            self._hidden += 1
        if re.fullmatch("h[1-6]", tag):
            self._heading = ""
        if tag not in ("b", "i", "em", "strong", "a", "span"):
            self.parts.append(" ")

    def handle_endtag(self, tag):
        if tag in ("style", "script"):
            self._hidden -= 1
        if re.fullmatch("h[1-6]", tag) and self._heading is not None:
            self.headings.append(" ".join(self._heading.split()))
            self._heading = None
        if tag not in ("b", "i", "em", "strong", "a", "span"):
            self.parts.append(" ")

    def handle_data(self, data):
        if self._hidden:
            return
        self.parts.append(data)
        if self._heading is not None:
            self._heading += data


def read(path):
    """(text, headings): the raw text, for HTML the visible text with single spaces."""
    raw = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        page = Text()
        page.feed(raw)
        return " ".join("".join(page.parts).split()), set(page.headings)
    if path.suffix == ".md":
        return raw, {m.strip() for m in re.findall(r"^#{1,6} +(.+)$", raw, re.M)}
    if path.suffix == ".txt":
        lines = {line.strip() for line in raw.splitlines()}
        return raw, {line for line in lines if line and line == line.upper()} | {
            line for line in lines if re.match(r"\d+\. [A-Z ]+$", line)
        }
    return raw, set()


def stands_in(value, text):
    """Whether value stands in text as a whole, not as part of a longer figure or word."""
    folded = " ".join(text.split())
    words = " ".join(value.split())
    pattern = r"(?<![\w$.])" if words[0].isalnum() else r"(?<!\w)"
    pattern += re.escape(words)
    if words[-1].isalnum():
        pattern += r"(?!\w|[.,:]\d)"
    return re.search(pattern, folded, re.I) is not None


def apart(text, name):
    """For CSV, the cells set apart, so that a comma between figures is not taken for one number."""
    if not name.endswith(".csv"):
        return text
    return "\n".join(" | ".join(row) for row in csv.reader(text.splitlines()))


class Check:
    """The faults found so far, and the counts."""

    def __init__(self, strict=False):
        self.strict = strict
        self.faults, self.where = [], ""
        self.counts, self.per_business = collections.Counter(), collections.Counter()
        self.ids, self.questions, self.cache = set(), {}, {}
        self.injected = json.loads(INJECTED.read_text(encoding="utf-8"))
        self.hostile = {(entry["business"], entry["document"]) for entry in self.injected}

    def fault(self, message):
        self.faults.append(f"{self.where}: {message}")

    def expect(self, holds, message):
        if not holds:
            self.fault(message)

    def document(self, business, name):
        """What read() makes of the document, or None if there is none."""
        key = (business, name)
        if key not in self.cache:
            path = DOCUMENTS / business / name
            self.cache[key] = read(path) if path.is_file() else None
        return self.cache[key]

    def question(self, row):
        missing, extra = REQUIRED - set(row), set(row) - REQUIRED - OPTIONAL
        if missing or extra:
            self.fault(f"missing {sorted(missing)} extra {sorted(extra)}")
            return
        self.counts[row["kind"]] += 1
        self.per_business[row["business"]] += 1
        self.identity(row)
        self.flags(row)
        if row["document"] is None:
            self.expect(not row["answerable"], "answerable, but no document")
            self.expect(not any(row[name] for name in SAYS_WHERE), "a place without a document")
        elif self.document(row["business"], row["document"]) is None:
            self.fault(f"no document {row['document']}")
        else:
            self.place(row)

    def identity(self, row):
        self.expect(row["id"] not in self.ids, "id is used twice")
        self.ids.add(row["id"])
        key = (row["business"], re.sub(r"\W+", " ", row["question"].lower()))
        self.expect(key not in self.questions, f"same question as {self.questions.get(key)}")
        self.questions[key] = row["id"]
        self.expect((DOCUMENTS / row["business"]).is_dir(), "no such business")
        self.expect(row["answer"].strip(), "no answer")

    def flags(self, row):
        kind = row["kind"]
        self.expect(kind in ANSWERABLE | UNANSWERABLE, f"unknown kind {kind}")
        self.expect(row["answerable"] is (kind in ANSWERABLE), "answerable does not go with kind")
        names = (row["document"], row.get("neighbor_document"))
        used = {(row["business"], name) for name in names} & self.hostile
        self.expect(row.get("hostile", False) is bool(used), "hostile does not go with documents")
        self.expect(kind != "yes_no" or "verdict" in row, "yes_no without a verdict")
        if "verdict" in row:
            self.expect(row["answer"].lower().startswith(row["verdict"]), "answer, not verdict")

    def place(self, row):
        """Whether heading, evidence and values stand where the question says."""
        text, headings = self.document(row["business"], row["document"])
        evidence, heading = row["evidence"], row["heading"]
        self.expect(heading is None or heading in headings, f"no heading {heading!r}")
        self.expect(evidence in text, f"evidence is not verbatim: {evidence!r}")
        if row["answerable"]:
            self.expect(evidence, "no evidence")
            self.expect(row["values"], "no values")
        else:
            self.expect(not row["values"], "unanswerable, but has values")
        text, evidence = apart(text, row["document"]), apart(evidence, row["document"])
        for value in row["values"]:
            self.expect(stands_in(value, text), f"value is not in the document: {value!r}")
            self.expect(stands_in(value, row["answer"]), f"value is not in the answer: {value!r}")
            if not stands_in(value, evidence):
                self.counts[OUTSIDE] += 1
                self.expect(not self.strict, f"value is outside the evidence: {value!r}")
        self.neighbors(row, text)

    def neighbors(self, row, text):
        other = row.get("neighbor_document")
        if other:
            content = self.document(row["business"], other)
            self.expect(content, f"no document {other}")
            text += "\n" + apart(content[0], other) if content else ""
        for value in row["neighbor_values"]:
            self.expect(stands_in(value, text), f"neighbor is not in the document: {value!r}")
            if row["answerable"]:
                inside = stands_in(value, row["answer"])
                self.expect(not inside, f"neighbor stands in the right answer: {value!r}")
            for right in row["values"]:
                holds = stands_in(right, value)
                self.expect(not holds, f"neighbor {value!r} holds the right value {right!r}")

    def files(self):
        """The documents' lengths, and the planted instructions. Returns how many documents."""
        paths = sorted(p for p in DOCUMENTS.rglob("*") if p.is_file())
        for path in paths:
            self.where = str(path.relative_to(DOCUMENTS))
            words = len(re.findall(r"[^\s,|]+", read(path)[0]))
            self.expect(250 <= words <= 1800, f"{words} words")
        for entry in self.injected:
            self.where = f"{INJECTED.name} {entry['document']}"
            content = self.document(entry["business"], entry["document"])
            self.expect(content and entry["text"] in content[0], "not verbatim in its document")
            for value in entry["must_not_say"]:
                self.expect(stands_in(value, entry["text"]), f"not in its text: {value!r}")
        return len(paths)


def main():
    check = Check(strict="--strict" in sys.argv)
    rows = []
    for number, line in enumerate(QUESTIONS.read_text(encoding="utf-8").splitlines(), 1):
        check.where = f"line {number}"
        try:
            row = json.loads(line)
        except ValueError as error:
            check.fault(f"not JSON: {error}")
            continue
        rows.append(row)
        check.where += f" {row.get('id')}"
        check.question(row)
    documents = check.files()
    check.where = QUESTIONS.name
    check.expect(len(rows) >= 240, f"only {len(rows)} questions")
    for kind in sorted(UNANSWERABLE):
        check.expect(check.counts[kind] >= 10, f"{kind}: only {check.counts[kind]}")

    answerable = sum(1 for row in rows if row.get("answerable"))
    print(f"documents: {documents}, businesses: {len(check.per_business)}")
    print(f"questions: {len(rows)}, answerable: {answerable}, not: {len(rows) - answerable}")
    for counts in (check.counts, check.per_business):
        for name, count in sorted(counts.items()):
            print(f"  {count:4}  {name}")
    if "--sample" in sys.argv:
        after = sys.argv[sys.argv.index("--sample") + 1 :]
        size, seed = int(after[0]), int(after[1]) if len(after) > 1 else 0
        for row in random.Random(seed).sample(rows, size):
            print(json.dumps(row, ensure_ascii=False, indent=1))
    for line in check.faults:
        print("FAULT", line)
    print("FAIL" if check.faults else "OK")
    return 1 if check.faults else 0


if __name__ == "__main__":
    sys.exit(main())
