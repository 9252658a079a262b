"""The machine under the cases: what is set, what is missing, the services, the demo."""

from typing import Any

from typer import Typer

from runtime.cli.failures import Exit
from runtime.cli.manual import Command, Group
from runtime.cli.options import AsJson

config = Typer(cls=Group, no_args_is_help=True, add_completion=False)


@config.command("show", cls=Command)
def show_config(as_json: AsJson = False) -> int:
    from runtime.cli.office import settings
    from runtime.cli.output import line, print_json

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


def doctor(as_json: AsJson = False) -> int:
    """Everything a case needs, looked at."""
    from rulebook.errors import XuqiaoError
    from runtime.cli.language import call
    from runtime.cli.output import line, print_json
    from runtime.doctor import as_lines, examine
    from runtime.settings import load_settings

    try:
        settings = load_settings(lang=call.flag)
        call.lang = settings.lang
    except XuqiaoError:
        settings = None  # examine finds the same and says it as its only finding
    checks = examine(settings, call.lang)
    good = all(check.ok for check in checks)
    if as_json:
        print_json({"good": good, "checks": [check._asdict() for check in checks]})
    else:
        for each in as_lines(checks):
            line(each)
    return Exit.WELL if good else Exit.NOT_SET_UP


def serve() -> int:
    """All services, until told to stop."""
    from runtime import serve as services
    from runtime.cli.office import settings

    return services.main(settings())


def demo(as_json: AsJson = False) -> int:
    """A month of loans in a minute."""
    from runtime import demo as show
    from runtime.cli.office import settings

    return show.main(settings(), as_json)
