"""``xuqiao serve``: all services of one machine."""

from typing import Annotated

from typer import Option

from runtime import serve as services
from runtime.cli.office import settings


def serve(with_example: Annotated[bool, Option("--with-example")] = False) -> int:
    """All services, until told to stop."""
    return services.main(settings(), with_example=with_example)
