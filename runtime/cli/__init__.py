"""The command ``xuqiao``: for officers, bank clerks and whoever keeps the machine."""

from runtime.cli.app import main

__all__ = ["main"]
