"""Files that a command reads and writes."""

import hashlib
from pathlib import Path

from runtime.cli.failures import Misuse, say_reason
from runtime.cli.output import say
from runtime.cli.values import bad_value

_CHUNK = 1 << 20


def digest_of_file(option: str, path: Path) -> str:
    """SHA-256 of a file.

    Raises:
        Misuse: ``cli.usage.bad_value`` when it cannot be read or is empty.
    """
    digest = hashlib.sha256()
    size = 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
    except OSError as error:
        raise bad_value(option, say("cli.usage.no_file", path=path, reason=say_reason(error))) from None
    if not size:
        raise bad_value(option, say("cli.usage.empty_file", path=path))
    return digest.hexdigest()


def content_of(path: Path, most: int) -> bytes | None:
    """The bytes of a file, and one more than ``most`` tells that it is too big; None where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError:
        return None


def file_content(name: str, path: Path, most: int) -> bytes:
    """The bytes of a paper's file, no more than can be looked at.

    Args:
        name: of the option or argument, for errors.
        most: how many bytes it may have.
    Raises:
        Misuse: ``cli.usage.bad_value`` for a file that cannot be read, is empty or too big.
    """
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise bad_value(name, say("cli.usage.no_file", path=path, reason=say_reason(error))) from None
    if not content:
        raise bad_value(name, say("paper_check.empty", path=path))
    if len(content) > most:
        raise bad_value(name, say("paper_check.too_big", size=path.stat().st_size, most=most))
    return content


def write_file(path: Path, content: bytes) -> Path:
    """Write a file; what stood there before is gone.

    Raises:
        Misuse: ``cli.usage.cannot_write``.
    """
    try:
        path.write_bytes(content)
    except OSError as error:
        raise Misuse("cli.usage.cannot_write", path=path, reason=say_reason(error)) from None
    return path
