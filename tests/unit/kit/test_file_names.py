import pytest

from quantum_app.kit.file_names import file_stem

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("Front desk", "front-desk"),
        ("Zahnärzte am Café", "zahnarzte-am-cafe"),
        ('a"; filename="x.exe\r\n', "a-filename-x-exe"),
        ("../../etc", "etc"),
        ("你好", "flow"),
        ("", "flow"),
        ("x" * 200, "x" * 60),
    ],
)
def test_a_name_becomes_a_file_name(name: str, stem: str) -> None:
    assert file_stem(name, "flow") == stem
