"""A fund's own choices to test commands of the law with, and what no sentence may hold."""

import re
from pathlib import Path

from tests.cli.conftest import EXAMPLES

OVERLAY = EXAMPLES / "operator.toml"
BARE_CODE = re.compile(r"[a-z]+_[a-z]+|\b(law|measure|activation|judging|cli)\.[a-z]")
"""What a person must not see in a sentence: the name of a code or a field."""


def overlay_with(tmp_path: Path, section: str, line: str) -> Path:
    """The example's overlay with one more line in a section."""
    text = OVERLAY.read_text(encoding="utf-8")
    assert f"[{section}]\n" in text
    path = tmp_path / "changed.toml"
    path.write_text(text.replace(f"[{section}]\n", f"[{section}]\n{line}\n"), encoding="utf-8")
    return path
