"""Start a program that dies with its parent, as another account if asked. Run by path, never imported.

A process of its own between fork and exec: what ``preexec_fn`` would do is not safe in a program with threads. It needs
nothing but the standard library and starts in a few milliseconds (``python -I -S``).

Usage: die_with_parent.py PARENT_PID SIGNAL ACCOUNT|- PROGRAM [ARGUMENT …]
"""

import ctypes
import os
import pwd
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, death_signal: int, account: str, argv: list[str]) -> None:
    """Drop to ``account``, end this process with ``parent``, become ``argv``."""
    if account != "-":
        entry = pwd.getpwnam(account)
        os.setgroups([])
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)
    # After the change of account: the kernel forgets the tie when a process changes its user.
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:  # it died before the tie was made
        sys.exit(1)
    os.execv(argv[0], argv)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:])
