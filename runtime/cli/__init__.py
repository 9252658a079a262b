"""The command ``xuqiao``: for officers, bank clerks and whoever keeps the machine."""

import gc
import os

# What a call loads stays until it ends: to look through it for rubbish, again and again, took a sixth of the call.
gc.set_threshold(100_000, 20, 50)
# No plugin of pydantic's is ours, and looking for some reads the metadata of every package that is installed.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from runtime.cli.app import main  # noqa: E402 - both must stand before what they are about

__all__ = ["main"]
