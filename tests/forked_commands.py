"""The command ``xuqiao`` without its start: each call is a fork of one process that has loaded everything.

A walk calls some sixty commands, and to load the libraries takes most of the time of each. What a call does, it does in
a process of its own, with its own arguments, surroundings and streams.

``python -m tests.forked_commands SOCKET`` serves; the script that ``a_command`` writes calls.
"""

import array
import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime.cli import main
from runtime.cli.app import top
from runtime.cli.groups import Group

TOP = Path(__file__).parents[1]
READY_SECONDS = 60.0
_CALL = """#!{python} -SE
import array, json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({path!r})
    asked = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    streams = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))]
    server.sendmsg([len(asked).to_bytes(4, "big")], streams)
    server.sendall(asked)
    sys.exit(int(server.makefile().read()))
"""


@contextmanager
def forked_commands(command: Path) -> Iterator[None]:
    """For the length of a block, a command that calls a process which has loaded everything.

    Args:
        command: the path at which the command is to stand.
    """
    folder = Path(tempfile.mkdtemp(prefix="xuqiao-"))  # the path of a socket is short
    path = folder / "commands"
    serving = subprocess.Popen([sys.executable, "-m", "tests.forked_commands", str(path)], cwd=TOP)
    try:
        until = time.monotonic() + READY_SECONDS
        while not path.exists():
            assert serving.poll() is None, "it ended before it was ready"
            assert time.monotonic() < until, "it was not ready in time"
            time.sleep(0.05)
        command.write_text(_CALL.format(python=sys.executable, path=str(path)), encoding="utf-8")
        command.chmod(command.stat().st_mode | stat.S_IXUSR)
        yield
    finally:
        serving.kill()
        serving.wait()
        shutil.rmtree(folder)


def load(command: object) -> None:
    """Load what every command below one needs."""
    if isinstance(command, Group):
        for name in command.list_commands(None):
            load(command.get_command(None, name))


def serve(path: str) -> None:
    """Answer calls, one fork for each, until killed."""
    load(top())
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(path + ".new")
        door.listen()
        os.rename(path + ".new", path)
        while True:
            caller, _ = door.accept()
            if os.fork() == 0:
                door.close()
                if os.fork() == 0:  # nobody waits for it but its caller
                    answer(caller)
                os._exit(0)
            caller.close()
            os.wait()


def answer(caller: socket.socket) -> None:
    """One call, and how it ended."""
    length, given, _, _ = caller.recvmsg(4, socket.CMSG_SPACE(3 * array.array("i").itemsize))
    streams = array.array("i", given[0][2])
    argv, folder, surroundings = json.loads(caller.recv(int.from_bytes(length, "big"), socket.MSG_WAITALL))
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(surroundings)
    code = 1
    try:
        code = main(argv)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        caller.sendall(str(int(code)).encode())
        os._exit(0)


if __name__ == "__main__":
    serve(sys.argv[1])
