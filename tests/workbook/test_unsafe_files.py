"""Files that are no workbook, or were made to hurt: refused before they are unpacked, in bounded time."""

import io
import re
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from activities.workbook import file as workbook_file
from activities.workbook.applications import CellFault, read_workbook
from tests.workbook.support import MONDAY, Write


def only_fault(content: bytes | Path) -> CellFault:
    reading = read_workbook(content, MONDAY)
    (fault,) = reading.faults
    assert reading.rows == ()
    assert (fault.row, fault.cell) == (0, "")
    assert "{" not in fault.sentence("zh") + fault.sentence("en")
    return fault


def rewritten(path: Path, change: Callable[[str, bytes], bytes]) -> bytes:
    """The same package with its parts changed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content", [b"", b"name,amount\n", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), b"PK\x03\x04 broken"]
)
def test_what_is_not_an_xlsx_is_said_so(content: bytes) -> None:
    assert only_fault(content).code == "workbook.not_xlsx"


def test_any_other_zip_is_no_xlsx() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("letter.txt", "x")

    assert only_fault(buffer.getvalue()).code == "workbook.not_xlsx"


def test_a_missing_file_is_a_fault_and_not_a_crash(tmp_path: Path) -> None:
    fault = only_fault(tmp_path / "nowhere.xlsx")

    assert fault.code == "workbook.not_found"
    assert "nowhere.xlsx" in fault.sentence()
    assert str(tmp_path) not in fault.sentence()


def test_a_huge_file_is_refused_without_reading_it_all(tmp_path: Path) -> None:
    path = tmp_path / "huge.xlsx"
    with path.open("wb") as file:
        file.truncate(4 * 1024**3)

    assert only_fault(path).code == "workbook.too_big"


def test_a_zip_bomb_is_refused_before_it_is_unpacked(write: Write) -> None:
    bomb = rewritten(
        write({}), lambda name, part: b"<x>" + bytes(60 * 1024 * 1024) if name.endswith("sheet1.xml") else part
    )
    assert len(bomb) < 200_000

    started = time.process_time()
    assert only_fault(bomb).code == "workbook.too_big"
    assert time.process_time() - started < 1


def test_entities_are_refused(write: Write) -> None:
    laughs = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><worksheet>&b;</worksheet>'
    attack = rewritten(write({}), lambda name, part: laughs if name.endswith("sheet1.xml") else part)

    assert only_fault(attack).code == "workbook.unsafe"


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml"])
def test_a_damaged_part_is_a_fault_and_not_a_crash(write: Write, part: str) -> None:
    damaged = rewritten(write({}), lambda name, content: content[: len(content) // 2] if name == part else content)

    assert only_fault(damaged).code == "workbook.unreadable"


def test_without_protection_against_entities_nothing_is_read(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook_file, "DEFUSEDXML", False)

    assert only_fault(write({})).code == "workbook.unsafe"


@pytest.mark.parametrize("far", [b'r="900000"', b'r="99999999999"'])
def test_a_row_far_below_is_told_and_does_not_cost_time(write: Write, far: bytes) -> None:
    """The second row claims a place far beyond what is read."""

    def push_down(name: str, part: bytes) -> bytes:
        if not name.endswith("sheet1.xml"):
            return part
        before, mark, after = part.partition(b'<row r="4"')
        assert mark
        return before + b"<row " + far + after

    started = time.process_time()
    reading = read_workbook(rewritten(write({}, {}), push_down), MONDAY)

    assert time.process_time() - started < 30, "the rows between would take minutes"
    assert [fault.code for fault in reading.faults] == ["workbook.beyond_limits"]
    assert len(reading.rows) == 1


def test_a_sheet_that_claims_to_be_endless_is_read_as_it_is(write: Write) -> None:
    def lie(name: str, part: bytes) -> bytes:
        return re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:XFD1048576"', part)

    lying = rewritten(write({}), lie)

    started = time.process_time()
    reading = read_workbook(lying, MONDAY)

    assert time.process_time() - started < 2
    assert (len(reading.rows), reading.faults) == (1, ())
