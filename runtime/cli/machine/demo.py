"""``xuqiao demo``: a month of loans in a minute."""

from typing import Annotated

from typer import Option

from runtime.cli.office import settings
from runtime.cli.options import AsJson
from runtime.demo import weeks as show


def demo(stay: Annotated[bool, Option("--stay")] = False, as_json: AsJson = False) -> int:
    """A month of loans in a minute."""
    return show.main(settings(), as_json, stay)
