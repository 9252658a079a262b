"""What is said about a file that was looked at."""

from rulebook.errors import XuqiaoError
from rulebook.values import Value


class FileFinding(Value):
    """One thing to say about a file, by its code in the catalogue, with its values as text."""

    code: str
    params: dict[str, str]


def finding(code: str, **params: object) -> FileFinding:
    """A finding; values become text."""
    return FileFinding(code=code, params={name: str(value) for name, value in params.items()})


def refusal(error: XuqiaoError) -> FileFinding:
    """The finding that a file was not looked at any further."""
    return finding(error.code, **error.params)
