"""Every paper in both languages, and the sample's facts with some of them otherwise or left out."""

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any, Literal

from activities.papers.press import Paper, Press
from activities.papers.press.sample import SAMPLE
from rulebook.papers.facts import PaperData
from rulebook.papers.kinds import PAPERS, DocumentKind

Read = Callable[[Paper], str]
"""The text of a paper, as the fixture ``read`` gives it."""
Sample = Callable[..., Paper]
"""The sample as a paper of a kind, as the fixture ``sample`` gives it."""
Lang = Literal["zh", "en"]
LANGUAGES: tuple[Lang, ...] = ("zh", "en")
EVERY_PAPER = list(product(DocumentKind, LANGUAGES))


def changed(**facts: object) -> PaperData:
    """The sample with some facts otherwise; of ``fees`` and ``day_count`` only the parts that are given."""
    plain: dict[str, Any] = SAMPLE.model_dump()
    parts = {
        name: plain[name] | dict(given)
        for name in ("fees", "day_count")
        if isinstance(given := facts.get(name), Mapping)
    }
    return PaperData.model_validate(plain | facts | parts)


def bare(kind: DocumentKind) -> PaperData:
    """The sample with only the facts that a kind cannot do without."""
    optional = {name for name, field in PaperData.model_fields.items() if not field.is_required()}
    return PaperData.model_validate(SAMPLE.model_dump(exclude=optional - set(PAPERS[kind].needs)))


def choices_marked(press: Press) -> frozenset[str]:
    """The names of all values that some template marks where they are the operator's own choice."""
    named = [press.template_facts(kind, lang).choices for kind, lang in EVERY_PAPER]
    assert None not in named, "a bundled template names what it marks"
    return frozenset().union(*(choices for choices in named if choices is not None))
