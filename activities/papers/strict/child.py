"""The process that looks at files: it binds itself before it reads the first byte of them."""

import gc
import json
import os
import resource
import sys
from pathlib import Path

from activities.papers.strict.bounds import BOUNDS

_MEGABYTE = 1_000_000


def main() -> None:
    """Read what is asked from the standard input, and write what was seen to the standard output."""
    seconds, memory = BOUNDS["processor_seconds"], BOUNDS["megabytes"] * _MEGABYTE
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    gc.disable()  # it is gone before there is anything to collect, and its memory is bounded
    try:
        answer = _answer()
    except MemoryError:
        os._exit(_out_of_memory())
    sys.stdout.write(answer)
    sys.stdout.flush()
    os._exit(0)  # nothing is open, and to take everything apart takes longer than to answer


def _answer() -> str:
    from cryptography import x509
    from pydantic_core import to_json

    from activities.papers.strict.look import look

    asked = json.loads(sys.stdin.buffer.readline())
    fonts = [Path(each) for each in asked["fonts"]]
    roots = [x509.load_pem_x509_certificate(each.encode()) for each in asked["roots"]]
    contents = [sys.stdin.buffer.read(size) for size in asked["sizes"]]
    return to_json([look(each, fonts, roots) for each in contents]).decode()


def _out_of_memory() -> int:
    from activities.papers.strict.apart import OUT_OF_MEMORY

    return OUT_OF_MEMORY
