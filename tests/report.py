"""Writes what each test took and how it ended to the file TEST_REPORT names, for `ops.test` to sum up."""

import json
import os
from pathlib import Path

import pytest

from tests.tiers import tier_of


class Report:
    """nodeid → [tier, seconds with set-up and tear-down, what a failure said or nothing]."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._tests: dict[str, tuple[str, float, str]] = {}
        self._tiers: dict[str, str] = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._tiers = {item.nodeid: tier_of(item) for item in session.items}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        tier, seconds, failure = self._tests.get(report.nodeid, (self._tiers[report.nodeid], 0.0, ""))
        if report.failed and not failure:
            crash = getattr(report.longrepr, "reprcrash", None)
            failure = crash.message.partition("\n")[0] if crash else report.longreprtext.rpartition("\n")[2]
            failure = failure or report.when or "failed"
        self._tests[report.nodeid] = (tier, seconds + report.duration, failure)

    def pytest_sessionfinish(self) -> None:
        self._file.write_text(json.dumps(self._tests))


def pytest_configure(config: pytest.Config) -> None:
    if "TEST_REPORT" in os.environ:
        config.pluginmanager.register(Report(Path(os.environ["TEST_REPORT"])))
