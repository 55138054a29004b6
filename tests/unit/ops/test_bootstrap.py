import subprocess
import sys

import pytest

from ops import bootstrap
from ops.home import ROOT

pytestmark = pytest.mark.service


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13), (3, 14)])
def test_supported_pythons(version: tuple[int, int]) -> None:
    bootstrap.check_python(version)


@pytest.mark.parametrize("version", [(2, 7), (3, 10), (3, 15)])
def test_other_pythons_are_refused_in_one_sentence(version: tuple[int, int]) -> None:
    with pytest.raises(bootstrap.SetupError, match=r"Install Python 3\.11 to 3\.14") as error:
        bootstrap.check_python(version)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("output", "remedy"),
    [
        ("OSError: [Errno 28] No space left on device", "Free about"),
        ("NewConnectionError: Failed to establish a new connection: Name or service not known", "Check your network"),
        ("ERROR: No matching distribution found for reflex==9", "isn't available"),
        ("something else", "lines above"),
    ],
)
def test_pip_failures_come_with_a_remedy(output: str, remedy: str) -> None:
    assert remedy in bootstrap.explain(output)


@pytest.mark.parametrize(
    ("configured", "options"),
    [
        ("", []),
        (":env:.cert='/etc/ca.crt'\nglobal.timeout='60'", []),
        ("global.index-url='https://mirror/simple'", ["--default-index", "https://mirror/simple"]),
        (":env:.find-links='/a /b'", ["--find-links", "/a", "--find-links", "/b"]),
        ("global.extra-index-url='\\nhttps://a\\nhttps://b'", ["--index", "https://a", "--index", "https://b"]),
        ("global.index-url='https://a'\ninstall.require-hashes='true'", None),
    ],
)
def test_what_pip_is_configured_to_do_uv_does_or_is_not_used(configured: str, options: list[str] | None) -> None:
    assert bootstrap.uv_options(configured) == options


def test_it_needs_the_standard_library_alone() -> None:
    script = "import sys; sys.path.insert(0, 'ops'); import bootstrap; print(*sorted(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import os; os.chdir({str(ROOT)!r}); {script}"],
        capture_output=True,
        text=True,
        check=True,
    )
    modules = set(sys.stdlib_module_names) | {"__main__", "bootstrap"}
    assert {name.split(".")[0] for name in result.stdout.split()} <= modules


def test_help_is_the_default_and_names_every_target() -> None:
    result = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True)
    for target in ("run", "test", "check", "doctor", "bench"):
        assert f"make {target}" in result.stdout
    assert result.stdout.rstrip().splitlines()[-1].startswith("Next:")


def test_an_unknown_command_says_which_there_are() -> None:
    result = subprocess.run([sys.executable, "-m", "ops", "dance"], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 2
    assert "run, test, check" in result.stderr
