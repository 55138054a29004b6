"""`make mutate`: takes one protection away at a time, and counts who notices.

Policies, row-level security and the functions' conditions are changed in a transaction of the tests' database, which is
rolled back; guards are opened in a web process that tests/isolation/guard_mutations.py composes. Each time, the part of
tests/isolation that is about it has to fail. Then the people of account A are what they were, and no row of account B
may have changed, so that no mutant is judged by what the one before has left. `make test-long` ends with this.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ops.chromium import chromium
from ops.home import BIN, ROOT

REQUIRED_SHARE = 0.98
KINDS = ("database", "route", "handler", "page")


@dataclass(frozen=True)
class Mutant:
    """kind: one of KINDS. change: SQL, or the mutation file's text. tests: a module, and a pattern of their names."""

    kind: str
    name: str
    change: str
    tests: tuple[str, str]


@dataclass(frozen=True)
class MutationResult:
    kind: str
    name: str
    caught_by: str
    seconds: float


def main(argv: Sequence[str]) -> int:
    """Prints a line for each survivor and the counts; 1 when too few were caught or something failed unchanged."""
    argparse.ArgumentParser(prog="python -m ops mutate").parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="quantum-mutate-") as folder:
        report_file, mutation_file = Path(folder, "results.json"), Path(folder, "mutation")
        mutation_file.write_text("")
        environment = os.environ | {
            "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
            "QUANTUM_CHROMIUM": str(chromium()),
            "ISOLATION_MUTATION": str(mutation_file),
            "ISOLATION_FOUND": str(report_file),
        }
        command = [sys.executable, "-m", "pytest", "tests/isolation", "-p", "ops.mutate", "-q"]
        run = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False)
        if not report_file.exists():
            print(run.stdout)
            print("The matrix doesn't pass as it is. Fix that first (make test ARGS=tests/isolation).")
            return 1
        results = [MutationResult(**row) for row in json.loads(report_file.read_text())]
    return report(results)


def report(results: Sequence[MutationResult]) -> int:
    for kind in KINDS:
        of = [result for result in results if result.kind == kind]
        caught_results = [result for result in of if result.caught_by]
        print(
            f"{kind:<9} {len(caught_results):>4} of {len(of):<4} caught   {sum(result.seconds for result in of):6.1f} s"
        )
    survivors = [result for result in results if not result.caught_by]
    for result in survivors:
        print(f"survived: {result.kind} {result.name}")
    kills = len(results) - len(survivors)
    good = bool(results) and kills >= REQUIRED_SHARE * len(results)
    print(f"{kills} of {len(results)} caught.", "" if good else "Next: write the test that catches each survivor.")
    return 0 if good else 1


def pytest_runtestloop(session: Any) -> bool:
    """Instead of every test once: for each mutant, its tests until one fails."""
    with session.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        results = _try_all(session)
    if results is not None:
        Path(os.environ["ISOLATION_FOUND"]).write_text(json.dumps([asdict(result) for result in results]))
    return True


def _try_all(session: Any) -> list[MutationResult] | None:
    """None when a test fails with nothing changed."""
    by_module: dict[str, list[Any]] = {}
    for item in session.items:
        by_module.setdefault(item.path.stem, []).append(item)
    fixtures: list[Any] = []
    first = by_module["test_tenant_pair"][0]
    if _failing(session, [first], lambda item: fixtures.append(item.funcargs["tenants"])):
        return None
    mutants = [*_of_database(fixtures[0].connection), *_of_routes(), *_of_handlers(), *_of_pages()]
    plan = [
        (mutant, [item for item in by_module[mutant.tests[0]] if re.search(mutant.tests[1], item.name)])
        for mutant in mutants
    ]
    items_by_id = {item.nodeid: item for _, items in plan for item in items}
    broken = _failing(session, list(items_by_id.values()))
    if broken:
        print(f"fails with nothing changed: {broken}")
        return None
    tenants = fixtures[0]
    results: list[MutationResult] = []
    for mutant, items in plan:
        began = time.monotonic()
        before = tenants.digest()
        with _apply(mutant, tenants.connection):
            caught_by = _failing(session, items)
        tenants.mend()
        # B's own owner visits a page in some tests, which their login notes.
        changed_tables = {table for table, _ in before - tenants.digest()} - {"login_sessions"}
        if changed_tables:
            names = ", ".join(sorted(changed_tables))
            print(f"{mutant.name}: changes account B in {names}, which other tests need as it is")
            return None
        results.append(MutationResult(mutant.kind, mutant.name, caught_by, time.monotonic() - began))
        line = f"{mutant.kind:<9} {mutant.name}   {caught_by or 'SURVIVED'}"
        print(line[:200], file=sys.stderr, flush=True)
    return results


def _failing(session: Any, items: Sequence[Any], after: Callable[[Any], object] | None = None) -> str:
    """The first of these tests that fails, or nothing. What the whole session shares is kept."""
    from _pytest.runner import call_and_report

    class Next:
        def listchain(self) -> list[Any]:
            return [session]

    for item in items:
        item._initrequest()
        reports = [call_and_report(item, "setup", log=False)]
        if reports[0].passed:
            if after:
                after(item)
            reports.append(call_and_report(item, "call", log=False))
        reports.append(call_and_report(item, "teardown", log=False, nextitem=Next()))
        failed = next((report for report in reports if report.failed), None)
        if failed:
            crash = getattr(failed.longrepr, "reprcrash", None)
            return f"{item.name}: {crash.message.splitlines()[0] if crash else failed.longreprtext[-200:]}"
    return ""


@contextmanager
def _apply(mutant: Mutant, connection: Any) -> Iterator[None]:
    mutation_file = Path(os.environ["ISOLATION_MUTATION"])
    database = mutant.kind == "database"
    transaction: AbstractContextManager[Any] = (
        connection.transaction(force_rollback=True) if database else nullcontext()
    )
    with transaction:
        if database:
            connection.execute(mutant.change)
        else:
            mutation_file.write_text(mutant.change)
        try:
            yield
        finally:
            mutation_file.write_text("")


def _of_database(connection: Any) -> Iterator[Mutant]:
    """Each policy away, and each of its conditions open; security off, or not for the owner; each function's filter."""
    for (table,) in connection.execute(
        "select relname from pg_class where relnamespace = 'public'::regnamespace and relrowsecurity order by relname"
    ).fetchall():
        tests = ("test_tables", rf"\[{table}[]-]")
        for word in ("disable", "no force"):
            change = f'alter table "{table}" {word} row level security'
            yield Mutant("database", f"{table}: {word} row level security", change, tests)
    for table, policy, checks in connection.execute(
        "select tablename, policyname, with_check is not null from pg_policies where schemaname = 'public'"
    ).fetchall():
        tests = ("test_tables", rf"\[{table}[]-]")
        changes = {"dropped": f'drop policy "{policy}" on "{table}"'}
        changes["reads everything"] = f'alter policy "{policy}" on "{table}" using (true)'
        if checks:
            changes["writes everything"] = f'alter policy "{policy}" on "{table}" with check (true)'
        for effect, change in changes.items():
            yield Mutant("database", f"{table}: policy {policy} {effect}", change, tests)
    for name, definition in connection.execute(
        "select proname, pg_get_functiondef(oid) from pg_proc where pronamespace = 'api'::regnamespace order by proname"
    ).fetchall():
        filters = [*re.finditer(r"[\w.]+\s*=\s*(?:lower\(\$\d\)|\$\d|\(select nullif\(.*?\)::uuid\))", definition)]
        for place, filter_sql in enumerate(filters, 1):
            change = f"{definition[: filter_sql.start()]}({filter_sql[0]} or true){definition[filter_sql.end() :]}"
            yield Mutant("database", f"{name}: filter {place} open", change, ("test_functions", rf"\[{name}\]"))


def _of_routes() -> Iterator[Mutant]:
    from tests.isolation.routes import routes

    for route in routes():
        if route.permission is not None:
            yield Mutant("route", route.name, f"route {route.name}", ("test_routes", re.escape(f"[{route.name} as")))


def _of_handlers() -> Iterator[Mutant]:
    from tests.isolation.handlers import handlers

    for handler in handlers():
        if handler.permission is not None:
            name = f"{handler.function.__module__}.{handler.function.__qualname__}"
            yield Mutant(
                "handler", handler.label, f"handler {name}", ("test_handlers", re.escape(f"[{handler.label} as"))
            )


def _of_pages() -> Iterator[Mutant]:
    """What an open page is sent without having asked."""
    yield Mutant("page", "guard.allowed", "live", ("test_live", ""))
    yield Mutant("page", "stale_tab.StaleTabMiddleware", "tab", ("test_framework", "somebody_elses"))
