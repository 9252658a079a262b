"""A worker of the papers queue whose press prints nothing: what cases cost without the papers' ink.

Steps, stages and documents are committed as always; only the rendering is left out. ``python blank_papers.py``.
"""

import asyncio
import sys
from pathlib import Path
from typing import Literal

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from activities.contracts import Queue
from activities.papers.drawing_up import Papers, Renders
from activities.papers.press.office import Office
from activities.papers.press.press import Paper
from rulebook.papers.facts import PaperData
from rulebook.papers.kinds import DocumentKind
from runtime.settings import load_settings
from runtime.wiring import Services, activities_of, stop_on_signal

AT_ONCE = 4


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
        """Draw nothing, at once."""
        return Paper(pdf=b"", sha256="0" * 64, data_digest="", template_digest="", versions={}, pages=0, draft=draft)


async def main() -> None:
    """Work until told to stop."""
    settings = load_settings()
    papers = settings.papers.model_copy(update={"workers": AT_ONCE})
    services = Services(settings.model_copy(update={"papers": papers}))
    client = await services.client()
    press: Renders = BlankPress()
    async with services.worker(client, Queue.PAPERS, activities_of(Papers(services.sessions.begin, press))):
        await stop_on_signal().wait()


if __name__ == "__main__":
    asyncio.run(main())
