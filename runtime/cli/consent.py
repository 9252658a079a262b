"""The moment between seeing and approving: whoever approves says so after it was shown."""

import sys

from rulebook.errors import XuqiaoError
from runtime.cli.failures import Misuse
from runtime.cli.language import call
from runtime.cli.output import say

_AGREED = frozenset({"y", "yes", "是", "同意"})


def require_consent(said_before: bool) -> None:
    """Ask on the terminal whether what was just shown is approved; a script says so beforehand.

    Args:
        said_before: ``--yes`` was given, or the digest of exactly what is approved.
    Raises:
        Misuse: ``cli.usage.not_asked`` where there is nobody to ask.
        XuqiaoError: ``cli.not_agreed`` after any answer but yes.
    """
    if said_before:
        return
    if call.as_json or not sys.stdin or not sys.stdin.isatty():
        raise Misuse("cli.usage.not_asked")
    print(say("cli.agree"), end=" ", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in _AGREED:
        raise XuqiaoError("cli.not_agreed")
