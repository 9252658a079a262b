"""``xuqiao serve``: all services of one machine."""

from runtime import serve as services
from runtime.cli.office import settings


def serve() -> int:
    """All services, until told to stop."""
    return services.main(settings())
