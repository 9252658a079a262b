"""``xuqiao doctor``: what is missing on this machine."""

from rulebook.errors import XuqiaoError
from runtime.cli.failures import Exit
from runtime.cli.language import call
from runtime.cli.options import AsJson
from runtime.cli.output import line, print_json
from runtime.doctor import as_lines, examine
from runtime.settings import load_settings


def doctor(as_json: AsJson = False) -> int:
    """Everything a case needs, looked at."""
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
