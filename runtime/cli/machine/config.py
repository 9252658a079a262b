"""``xuqiao config``: what is set."""

from typing import Any

from runtime.cli.failures import Exit
from runtime.cli.office import settings
from runtime.cli.options import AsJson
from runtime.cli.output import line, print_json


def show_config(as_json: AsJson = False) -> int:
    shown = settings().masked()
    if as_json:
        print_json(shown)
    else:
        for name, value in _flat(shown):
            line(f"{name} = {'' if value is None else value}")
    return Exit.WELL


def _flat(values: dict[str, Any], before: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in values.items():
        found += _flat(value, f"{before}{name}.") if isinstance(value, dict) else [(before + name, value)]
    return found
