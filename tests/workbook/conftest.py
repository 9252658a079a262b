"""Workbooks as officers get them wrong, and words that must not be missing."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from activities import words
from tests.workbook.support import FIELDS, GOOD, HEADINGS_ROW, TITLES, Row, Write


@pytest.fixture(autouse=True)
def _strict_words() -> Iterator[None]:
    words.be_strict()
    yield
    words.be_strict(False)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a workbook of good rows in which the given cells are spoilt; notes are 1, 2, 3 … unless given."""

    def _write(
        *spoilt: Row, columns: Sequence[str] = FIELDS, titles: Mapping[str, str] | None = None, title: str = "申请表"
    ) -> Path:
        path = tmp_path / "applications.xlsx"
        with xlsxwriter.Workbook(str(path)) as book:
            sheet = book.add_worksheet()
            day = book.add_format({"num_format": "yyyy-mm-dd"})
            sheet.write_string(0, 0, title)
            for index, field in enumerate(columns):
                sheet.write_string(HEADINGS_ROW - 1, index, {**TITLES, **(titles or {})}[field])
                for number, row in enumerate(spoilt):
                    value = {"loan_note": f"JD{number + 1:06d}", **GOOD, **row}.get(field)
                    if isinstance(value, date):
                        sheet.write_datetime(HEADINGS_ROW + number, index, value, day)
                    elif value is not None:
                        sheet.write(HEADINGS_ROW + number, index, value)
        return path

    return _write
