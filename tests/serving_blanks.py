"""``xuqiao serve``, as its users run it but for a press that prints nothing: ``python -m tests.serving_blanks``."""

import sys
from collections.abc import Iterator
from unittest.mock import patch

from runtime import serve
from runtime.cli import main
from runtime.settings import Settings
from runtime.supervisor import Child
from runtime.workers import worker_children
from tests.blank_press import blank_papers_child


def children(settings: Settings) -> Iterator[Child]:
    """The workers, the papers' one with another press."""
    for child in worker_children(settings):
        yield blank_papers_child(settings) if child.name == "papers" else child


if __name__ == "__main__":
    with patch.object(serve, "worker_children", children):
        sys.exit(main(["serve", "--with-example"]))
