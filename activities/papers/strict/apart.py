"""Files from outside, looked at in a process of its own: what it may use up is bounded, and it takes nobody along.

The process is started, asked once, and gone. It is told what it must know and reaches nothing: no database, no keys,
no network.
"""

import json
import resource
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryFile

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import TypeAdapter

from activities.papers.findings import refusal
from activities.papers.strict.bounds import BOUNDS, too_much
from activities.papers.strict.seen import Seen, Wanted
from activities.signing.found import unreadable
from rulebook.errors import XuqiaoError

_SEEN = TypeAdapter(list[Seen])
_BEGIN = "import sys; sys.path[:] = sys.argv[1:]; from activities.papers.strict.child import main; main()"
OUT_OF_MEMORY = 77
"""What the process ends with when it was given no more."""


def look_at(
    asked: Sequence[tuple[bytes, Wanted]],
    roots: Iterable[x509.Certificate] = (),
    office_fonts: Path | None = None,
    *,
    seconds: float | None = None,
) -> list[Seen]:
    """Look at files, whoever made them.

    Args:
        asked: the content of each file, and what is wanted of it.
        roots: the authorities whose certificates are believed.
        office_fonts: a folder with the office's own fonts, beside those that come with the program.
        seconds: until they are given up; None for as long as there is for a check.
    Returns:
        what was seen of each, in the order given. Where they are too much for the process, the last one read is refused
        and so are those behind it.
    """
    seconds, contents = BOUNDS["seconds"] if seconds is None else seconds, [content for content, _ in asked]
    told = {
        "files": [(len(content), wanted) for content, wanted in asked],
        "fonts": [str(each) for each in fonts_of(office_fonts)],
        "roots": [root.public_bytes(Encoding.PEM).decode() for root in roots],
    }
    with TemporaryFile() as handed:  # not a pipe: whoever is ended in the middle leaves nobody waiting to be read
        handed.writelines([json.dumps(told).encode(), b"\n", *contents])
        handed.seek(0)
        begun = _used()
        try:
            done = subprocess.run(  # our own interpreter, with our own program
                [sys.executable, "-I", "-c", _BEGIN, *sys.path],
                stdin=handed,
                capture_output=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return [_refused(_late(_used() - begun), each) for each in contents]
    if done.returncode == 0:
        return _SEEN.validate_json(done.stdout)
    return [_refused(_why(done.returncode), each) for each in contents]


def fonts_of(office_fonts: Path | None) -> list[Path]:
    """The fonts that papers of this house are printed with: those that come with the program, and the office's own."""
    bundled = sorted((Path(str(files("templates"))) / "agreements" / "fonts").glob("*.ttf"))
    own = sorted(each for each in office_fonts.iterdir() if each.suffix in {".ttf", ".otf"}) if office_fonts else []
    return [*bundled, *own]


def _used() -> float:
    """Seconds of processor time that processes of ours had until they ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _late(used: float) -> XuqiaoError:
    """Why a file was not read in time: it is too much, or the machine had no time for it, which says nothing of the
    file."""
    if used < BOUNDS["seconds"] / 2:
        return XuqiaoError("paper_check.busy", seconds=BOUNDS["seconds"])
    return too_much("seconds")


def _why(ended: int) -> XuqiaoError:
    if ended in {-signal.SIGXCPU, -signal.SIGKILL}:
        return too_much("processor_seconds")
    if ended == OUT_OF_MEMORY:
        return too_much("megabytes")
    return XuqiaoError("paper_check.unreadable", reason=f"exit {ended}")


def _refused(error: XuqiaoError, content: bytes) -> Seen:
    broken = (unreadable(),) if b"/ByteRange" in content else ()
    return Seen(whole=False, signatures=broken, faults=(refusal(error),))
