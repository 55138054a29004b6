// For ops/test.py, which sums up all tests: name → [tier, seconds, what the failure said], as tests/report.py writes it.
import { writeFileSync } from "node:fs";
import { relative } from "node:path";

export default class Reporter {
  onTestRunEnd(modules) {
    if (!process.env.TEST_REPORT) return;
    const results = modules.flatMap((module) => {
      const file = `frontend/${relative(import.meta.dirname, module.moduleId)}`;
      const broken = module.errors().map((error) => [`${file}`, ["frontend", 0, error.message]]);
      const tests = [...module.children.allTests()].map((test) => {
        const failure = (test.result().errors ?? []).map(({ message }) => message.split("\n")[0]).join("; ");
        return [`${file}::${test.fullName}`, ["frontend", (test.diagnostic()?.duration ?? 0) / 1000, failure]];
      });
      return [...broken, ...tests];
    });
    writeFileSync(process.env.TEST_REPORT, JSON.stringify(Object.fromEntries(results)));
  }
}
