"""The presses as the settings want them."""

from collections.abc import Iterator
from contextlib import contextmanager

from activities.papers.press.pool import PressPool
from runtime.settings import PaperSettings


def press_pool(papers: PaperSettings) -> PressPool:
    """Presses, warm and in processes of their own; the first paper costs a second."""
    return PressPool(papers.workers, papers.office_dir, papers.check_url, papers.seconds)


@contextmanager
def warm_press(papers: PaperSettings) -> Iterator[PressPool]:
    """The same for as long as the block lasts."""
    with press_pool(papers) as pool:
        yield pool
