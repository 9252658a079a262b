"""In tests a code without words is an error."""

from collections.abc import Iterator

import pytest

from activities import words


@pytest.fixture(autouse=True)
def _strict_words() -> Iterator[None]:
    words.be_strict()
    yield
    words.be_strict(False)
    words.set_language("zh")
