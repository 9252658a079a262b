"""The system libraries WeasyPrint draws with: all there, or a clear stop."""

import ctypes
import sys
from collections.abc import Mapping

from rulebook.errors import XuqiaoError

PACKAGES: Mapping[str, str] = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
"""Library to the Debian package that brings it."""


def check_libraries() -> None:
    """That every library is there. Without libharfbuzz-subset WeasyPrint would go on, and take up to a minute a page.

    Raises:
        XuqiaoError: ``papers.library_missing`` with the first one missing and the command that installs it.
    """
    if sys.platform != "linux":
        return  # Elsewhere they have other names; WeasyPrint looks for those itself.
    for library, package in PACKAGES.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            cure = f"apt-get install -y --no-install-recommends {package}"
            raise XuqiaoError("papers.library_missing", library=library, cure=cure) from None
