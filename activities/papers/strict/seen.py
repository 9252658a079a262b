"""What can be said of a file by itself, whoever made it."""

from enum import StrEnum
from functools import cached_property

from activities.papers.findings import FileFinding
from activities.papers.reading import Facts, facts_in
from activities.signing.found import FoundSignature, Look
from rulebook.values import Value


class Wanted(StrEnum):
    """What is asked about a file; of what this house kept itself, seldom all."""

    ALL = "all"
    TEXT = "text"  # its pages and facts
    FACTS = "facts"
    LOOKS = "looks"  # how its signatures are shown


class Seen(Value):
    """A file that was read.

    Attributes:
        whole: whether it was read to its end; what follows is else what was read until then.
        pages: the text of each page, without white space.
        attached: what it carries under the name of the facts, each byte as one character.
        draft: whether every page bears the mark of a draft.
        signatures: the electronic signatures in it, oldest first; ``looks``: how they are shown, by the names of their
            fields.
        laid_over: the pages, from 1, over which something is laid that is neither a signature nor came with the
            operator's.
        faults: what is wrong with it as a file, the heaviest first; ``text_faults``: where its text and its facts
            differ.
    """

    whole: bool
    pages: tuple[str, ...] = ()
    attached: tuple[str, ...] = ()
    draft: bool = False
    signatures: tuple[FoundSignature, ...] = ()
    looks: dict[str, Look] = {}
    laid_over: tuple[int, ...] = ()
    faults: tuple[FileFinding, ...] = ()
    text_faults: tuple[FileFinding, ...] = ()

    @property
    def text(self) -> str:
        """All pages, without white space."""
        return "".join(self.pages)

    @cached_property
    def facts(self) -> Facts | None:
        """The embedded facts; None where there are none, several, or none that a paper could be made of."""
        return facts_in([each.encode("latin-1") for each in self.attached])
