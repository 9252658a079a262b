"""``xuqiao demo``: a month of loans in a minute."""

from runtime import demo as show
from runtime.cli.office import settings
from runtime.cli.options import AsJson


def demo(as_json: AsJson = False) -> int:
    """A month of loans in a minute."""
    return show.main(settings(), as_json)
