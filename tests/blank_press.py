"""A press that prints nothing, for tests and benchmarks of cases whose papers nobody reads.

Steps, numbers and documents are committed as always, and a fact that is missing stops a paper as it does at the real
press; only layout and ink are left out. ``python -m tests.blank_press`` is a worker of the papers queue.
"""

import asyncio
import sys
from typing import Literal

from activities.contracts import Queue
from activities.papers.drawing_up import Papers, Renders
from activities.papers.press.office import Office
from activities.papers.press.press import Paper
from rulebook.papers.facts import PaperData, check_complete
from rulebook.papers.kinds import DocumentKind
from runtime.settings import Settings, load_settings
from runtime.supervisor import Child
from runtime.wiring import Activities, Services, activities_of, stop_on_signal

AT_ONCE = 4


BLANK = b"%PDF-1.7 blank: drawn for tests that look at no paper"
"""Not empty: what a test calls an empty file must be no paper of ours."""


class BlankPress:
    """Every paper is one and the same blank."""

    def render(
        self,
        kind: DocumentKind,
        data: PaperData,
        lang: Literal["zh", "en"] = "zh",
        draft: bool = False,
        templates: Office | None = None,
    ) -> Paper:
        """Draw nothing, at once.

        Raises:
            XuqiaoError: ``papers.missing_fact``, as the real press.
        """
        check_complete(kind, data)
        return Paper(pdf=BLANK, sha256="0" * 64, data_digest="", template_digest="", versions={}, pages=0, draft=draft)


class BlankServices(Services):
    """The services of the product, but for their press."""

    def activities_on(self, queue: Queue) -> Activities:
        """The activities of one queue; those of the papers draw blanks."""
        press: Renders = BlankPress()
        return (
            activities_of(Papers(self.sessions.begin, press)) if queue == Queue.PAPERS else super().activities_on(queue)
        )


def blank_papers_child(settings: Settings, name: str = "papers") -> Child:
    """The worker of the papers queue with that press, in place of the product's."""
    return Child(name=name, argv=(sys.executable, "-m", "tests.blank_press"), env=settings.for_children())


async def main() -> None:
    """Work until told to stop."""
    settings = load_settings()
    papers = settings.papers.model_copy(update={"workers": AT_ONCE})
    services = BlankServices(settings.model_copy(update={"papers": papers}))
    client = await services.client()
    async with services.worker(client, Queue.PAPERS):
        await stop_on_signal().wait()


if __name__ == "__main__":
    asyncio.run(main())
