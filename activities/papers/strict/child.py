"""The process that looks at files: it binds itself before it reads the first byte of them."""

import gc
import json
import os
import resource
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from activities.papers.strict.bounds import BOUNDS

_MEGABYTE = 1_000_000


def main() -> None:
    """Read what is asked from the standard input, and write what was seen to the standard output."""
    seconds, memory = BOUNDS["processor_seconds"], BOUNDS["megabytes"] * _MEGABYTE
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    _without_signing()
    gc.disable()  # it is gone before there is anything to collect, and its memory is bounded
    try:
        answer = _answer()
    except MemoryError:
        os._exit(_out_of_memory())
    sys.stdout.write(answer)
    sys.stdout.flush()
    os._exit(0)  # nothing is open, and to take everything apart takes longer than to answer


def _without_signing() -> None:
    """Load of the library that checks signatures only what checks them.

    Its package loads what makes signatures as well: clients of time-stamp servers, HTTP, pictures; half a second of
    this process's life for what it must not do. The parts that check are asked for one by one, and bring what they
    need.
    """
    package = ModuleType("pyhanko.sign")
    found = find_spec("pyhanko")
    assert found is not None
    package.__path__ = [f"{place}/sign" for place in found.submodule_search_locations or ()]
    sys.modules[package.__name__] = package


def _answer() -> str:
    from cryptography import x509
    from pydantic_core import to_json

    from activities.papers.strict.look import look
    from activities.papers.strict.seen import Wanted

    asked = json.loads(sys.stdin.buffer.readline())
    fonts = [Path(each) for each in asked["fonts"]]
    roots = [x509.load_pem_x509_certificate(each.encode()) for each in asked["roots"]]
    files = [(sys.stdin.buffer.read(size), Wanted(wanted)) for size, wanted in asked["files"]]
    return to_json([look(content, fonts, roots, wanted) for content, wanted in files]).decode()


def _out_of_memory() -> int:
    from activities.papers.strict.apart import OUT_OF_MEMORY

    return OUT_OF_MEMORY
