"""A real press, once per test process; papers are read back with pypdf."""

import io
import logging
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Literal

import pytest
from pypdf import PdfReader

from activities.papers.press import Paper, Press
from activities.papers.press.sample import SAMPLE
from rulebook.papers.kinds import DocumentKind


@pytest.fixture(scope="session")
def press() -> Press:
    return Press()


@pytest.fixture(scope="session")
def sample(press: Press) -> Callable[..., Paper]:
    """The sample as a paper of a kind, in a language; each is drawn once."""

    @cache
    def _sample(kind: DocumentKind, lang: Literal["zh", "en"] = "zh") -> Paper:
        return press.render(kind, SAMPLE, lang)

    return _sample


@pytest.fixture(scope="session")
def read() -> Callable[[Paper], str]:
    """The text of a paper without white space, so that a line's end cannot hide a name."""

    def _read(paper: Paper) -> str:
        pages = PdfReader(io.BytesIO(paper.pdf)).pages
        return re.sub(r"\s", "", "".join(page.extract_text() for page in pages))

    return _read


@pytest.fixture(autouse=True)
def _no_complaints(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """WeasyPrint only logs what it does not understand or cannot load; here that fails the test."""
    yield
    complaints = [r.getMessage() for r in caplog.records if r.name == "weasyprint" and r.levelno >= logging.WARNING]
    assert not complaints
