"""The command ``xuqiao``: for officers, bank clerks and whoever keeps the machine."""

import os

# No plugin of pydantic's is ours, and looking for some reads the metadata of every package that is installed.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from runtime.cli.app import main

__all__ = ["main"]
