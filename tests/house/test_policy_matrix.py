"""The policy matrix and the table of provisions point at what exists, say what the packs say, and leave nothing out."""

import ast
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from activities.law.measures import draft, pack_ids
from rulebook.law.activation import LEFT_TO_PEOPLE
from rulebook.law.measure import Measure
from rulebook.law.pack_text import draft_measure
from rulebook.law.provisions import Section
from runtime.cli.app import top
from runtime.cli.groups import Group

TOP = Path(__file__).parents[2]
MATRIX = (TOP / "docs" / "policy-matrix.md").read_text(encoding="utf-8")
PACK_PAGE = (TOP / "docs" / "rule-packs.md").read_text(encoding="utf-8")
SCHEMA = Measure(id="", city="", document="", articles={})
PROVISIONS = [name for name, _ in SCHEMA.provisions()]
STATUSES = {"built", "partly", "people", "recorded", "not yet"}
ARTICLES = [*map(str, range(1, 14)), "结语"]
EXAMPLE = re.compile(r"(?:(?P<pack>[a-z]+/[\w-]+) )?(?P<kind>[a-z_]+): (?P<says>.+)")

Row = tuple[str, ...]


def tables(heading: str, page: str) -> list[Row]:
    """The rows of the tables under a heading, without their titles, as far as the next heading."""
    part = re.split(rf"^#+ {re.escape(heading)}$", page, flags=re.MULTILINE)
    assert len(part) == 2, f"one heading '{heading}'"
    lines = re.split(r"^#+ ", part[1], flags=re.MULTILINE)[0].splitlines()
    cells = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines if line.startswith("|")]
    return [row for above, row in zip(["", *cells], cells, strict=False) if above and not set(row[0]) <= {"-"}]


POLICY = tables("The policy: 晋政办发〔2018〕48号", MATRIX)
NATIONAL = tables("National rules", MATRIX)
PACKS = {pack: tables(pack, MATRIX) for pack in pack_ids()}
BESIDE = tables("Shown by a measure, but no provision", MATRIX)


def named(cell: str) -> list[str]:
    """What a cell names, in code marks."""
    return re.findall(r"`([^`]+)`", cell)


@cache
def names_of_tests_in(path: str) -> frozenset[str]:
    tree = ast.parse((TOP / path).read_text(encoding="utf-8"))
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    )


@cache
def examples_of(pack: str) -> dict[tuple[str, str], list[str]]:
    """The worked examples of a pack: kind and what it says, to what its result cites."""
    city, date = pack.split("/")
    worked = tomllib.loads((TOP / "rulebook" / "packs" / city / "cases.toml").read_text(encoding="utf-8"))
    return {
        (kind, each["says"]): each["cites"] if isinstance(each["cites"], list) else [each["cites"]]
        for kind, group in worked.items()
        if isinstance(group, list)
        for each in group
        if each["pack"] == date
    }


def cited_by(reference: str, pack: str = "") -> list[str] | None:
    """What a worked example cites; None for something that is no worked example of a pack."""
    found = EXAMPLE.fullmatch(reference)
    of = (found["pack"] or pack) if found else ""
    return examples_of(of).get((found["kind"], found["says"])) if found and of in pack_ids() else None


def is_command(typed: str) -> bool:
    here: Any = top()
    for word in typed.split()[1:]:
        here = here.get_command(None, word) if isinstance(here, Group) else None
    return typed.startswith("xuqiao ") and here is not None and not isinstance(here, Group)


def exists(reference: str, pack: str = "") -> bool:
    """Whether a reference leads to a provision, a file, a command, a test, or a worked example."""
    path, _, test = reference.partition("::")
    if test:
        return path.startswith("tests/") and (TOP / path).is_file() and test in names_of_tests_in(path)
    if reference in PROVISIONS or is_command(reference) or cited_by(reference, pack) is not None:
        return True
    return "/" in reference and " " not in reference and (TOP / reference).is_file()


def shown(value: object) -> str:
    """A value of a pack as a cell of the matrix has it."""
    match value:
        case bool():
            return "yes" if value else "no"
        case list():
            return "; ".join(map(shown, value))
        case dict():
            return " ".join(f"{key} {shown(item)}" for key, item in value.items())
        case _:
            return str(value)


# The policy and the national rules -----------------------------------------------------------------------------


def test_every_article_of_the_policy_has_a_row() -> None:
    assert list(dict.fromkeys(re.split(r"[ :]", row[0])[0] for row in POLICY)) == ARTICLES


@pytest.mark.parametrize("row", [*POLICY, *NATIONAL], ids=lambda row: row[0])
def test_a_row_of_a_rule_points_at_what_serves_it_and_what_shows_it(row: Row) -> None:
    _, serves, built_by, shown_by, status = row
    assert status in STATUSES
    assert [each for each in (*named(serves), *named(built_by), *named(shown_by)) if not exists(each)] == []
    if status == "not yet":
        assert "planned" in serves, "what is not built says what is planned"
    else:
        assert named(built_by)
        assert named(shown_by)
    assert ("Planned" in serves or "is planned" in serves) == (status == "partly"), "half of it names the other half"


def test_all_that_decides_for_everybody_is_there() -> None:
    text = " ".join(cell for row in NATIONAL for cell in row)
    for document in (
        "金规〔2024〕13号",
        "银监发〔2014〕36号",
        "工信部联企业〔2011〕300号",
        "国办发明电",
        "支付结算办法",
    ):
        assert document in text


# The packs -----------------------------------------------------------------------------------------------------


def test_every_pack_has_its_table_and_no_other_has() -> None:
    measures = MATRIX.split("## The measures")[1].split("## Shown by a measure")[0]
    assert re.findall(r"^### (.+)$", measures, flags=re.MULTILINE) == list(pack_ids())


@pytest.mark.parametrize("pack", pack_ids())
def test_every_provision_that_a_pack_sets_has_one_row(pack: str) -> None:
    measure = draft(pack)
    in_rows = [name for row in PACKS[pack] for name in named(row[0])]
    assert in_rows == [name for name, provision in measure.provisions() if provision.cite is not None]
    assert [row for row in PACKS[pack] if not named(row[0])] == []


@pytest.mark.parametrize("pack", pack_ids())
def test_a_row_has_the_packs_own_value(pack: str) -> None:
    written = tomllib.loads((TOP / "rulebook" / "packs" / f"{pack}.toml").read_text(encoding="utf-8"))
    for row in PACKS[pack]:
        for name in named(row[0]):
            section, _, key = name.partition(".")
            assert (name, row[1]) == (name, shown(written[section][key]["value"]))


@pytest.mark.parametrize("pack", pack_ids())
def test_a_row_is_shown_by_an_example_that_cites_the_same_or_by_a_test(pack: str) -> None:
    measure = draft(pack)
    for row in PACKS[pack]:
        references = named(row[2])
        assert references
        assert [each for each in references if not exists(each, pack)] == []
        cited = [citation for each in references for citation in cited_by(each, pack) or []]
        for name in named(row[0]):
            # Whether a measure holds on a day is judged by the document as a whole.
            by_the_day = name in ("validity.since", "validity.until")
            rests_on = measure.document if by_the_day else measure.citation(name)
            by_test = any("::" in each for each in references)
            assert by_test or any(rests_on in citation for citation in cited), (name, cited)


@pytest.mark.parametrize("pack", pack_ids())
def test_a_row_says_whether_the_engine_acts_on_it(pack: str) -> None:
    for row in PACKS[pack]:
        assert row[3] in STATUSES
        left_to_people = [name for name in named(row[0]) if name in LEFT_TO_PEOPLE]
        assert bool(left_to_people) == (row[3] == "people"), row[0]


def test_what_is_no_provision_is_of_a_pack() -> None:
    assert BESIDE
    assert {row[0] for row in BESIDE} <= set(pack_ids())
    assert {row[2] for row in BESIDE} <= STATUSES


# The page for whoever writes a pack ----------------------------------------------------------------------------


def sections() -> list[tuple[str, Section]]:
    return list(SCHEMA.sections())


@pytest.mark.parametrize(("name", "section"), sections(), ids=[name for name, _ in sections()])
def test_the_table_of_provisions_keeps_step_with_the_schema(name: str, section: Section) -> None:
    rows = tables(f"`[{name}]`", PACK_PAGE)
    assert [named(row[0]) for row in rows] == [[f"{name}.{key}"] for key, _ in section]
    assert [row[1] for row in rows] == ["needed" if section.needs(key) else "silent" for key, _ in section]


@pytest.mark.parametrize(("name", "section"), sections(), ids=[name for name, _ in sections()])
def test_every_example_of_a_provision_is_one_that_a_pack_may_say(name: str, section: Section) -> None:
    for row in tables(f"`[{name}]`", PACK_PAGE):
        (provision,), (example,) = named(row[0]), named(row[3])
        key = provision.partition(".")[2]
        heading = 'id = "a"\ncity = "a"\ndocument = "a"\n[articles]\na = "a"'
        measure = draft_measure(f'{heading}\n[{name}]\n{key} = {{ value = {example}, cite = "a" }}')
        assert measure.provision(provision).value is not None


@pytest.mark.parametrize(("name", "section"), sections(), ids=[name for name, _ in sections()])
def test_what_acts_on_a_provision_is_there_or_it_is_left_to_people(name: str, section: Section) -> None:
    for row in tables(f"`[{name}]`", PACK_PAGE):
        (provision,) = named(row[0])
        assert (row[4] == "people") == (provision in LEFT_TO_PEOPLE), provision
        assert row[4] in ("people", "recorded") or named(row[4]), provision
        assert [each for each in named(row[4]) if not exists(each)] == []
