"""What a stranger reads first: commands, paths, pictures and words named there exist."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rulebook.stages import STAGES, CaseStage
from runtime.cli.app import top
from runtime.cli.groups import Group

TOP = Path(__file__).parents[2]
READMES = ("README.md", "README.zh-CN.md")
DOCS = sorted(path.relative_to(TOP).as_posix() for path in (TOP / "docs").rglob("*.md"))
PAGES = [*READMES, "CONTRIBUTING.md", *DOCS]
CALL = re.compile(r"(?:\./run|(?<![/\w.-])xuqiao) (?=[a-z])([^`#|;\n]*)")
ONLY_IN_RUN = {"checks", "coverage", "quick", "test"}
PICTURE_BYTES = 200_000


def text_of(page: str) -> str:
    return (TOP / page).read_text(encoding="utf-8")


def calls(page: str) -> Iterator[list[str]]:
    """Every call of the command on a page, continued lines joined, as words."""
    for found in CALL.finditer(text_of(page).replace("\\\n", " ")):
        yield found[1].split()


def command_of(words: list[str]) -> tuple[Any, str]:
    """The command that the words lead to, and what is left if they lead nowhere."""
    here: Any = top()
    for word in words:
        if not isinstance(here, Group):
            break
        below = here.get_command(None, word)
        if below is None:
            return here, word
        here = below
    return here, ""


@pytest.mark.parametrize("page", PAGES)
def test_every_command_that_is_named_exists_with_its_options(page: str) -> None:
    for words in calls(page):
        if words[0] in ONLY_IN_RUN:
            continue
        command, unknown = command_of(words)
        assert not unknown, f"{page}: no command '{unknown}' in: {' '.join(words)}"
        options = {option for param in command.params for option in (*param.opts, *param.secondary_opts)}
        typed = {word for word in words if word.startswith("--")}
        assert typed <= options, f"{page}: {sorted(typed - options)} in: {' '.join(words)}"


def test_the_readmes_name_commands_at_all() -> None:
    assert all(len(list(calls(page))) >= 15 for page in READMES)


@pytest.mark.parametrize("page", READMES)
def test_every_path_of_the_map_exists(page: str) -> None:
    rows = re.findall(r"^\| `([^`]+)` \|.*$", text_of(page), flags=re.MULTILINE)
    assert len(rows) >= 12
    assert [path for path in rows if not (TOP / path).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_link_and_named_file_leads_somewhere(page: str) -> None:
    linked = re.findall(r"\]\((?!https?:)([^)#]+)", text_of(page))
    assert [link for link in linked if not (TOP / page).parent.joinpath(link).exists()] == []
    named = re.findall(
        r"`((?:rulebook|models|gateways|activities|workflows|templates|runtime|benchmarks|examples|tests|docs)/[\w./]+)`",
        text_of(page),
    )
    assert [path for path in named if not (TOP / path).exists()] == []


def test_both_readmes_have_the_same_parts_and_link_to_each_other() -> None:
    english, chinese = map(text_of, READMES)
    for mark in (r"^#+ ", r"^```", r"^\| "):
        assert len(re.findall(mark, english, re.MULTILINE)) == len(re.findall(mark, chinese, re.MULTILINE)), mark
    assert READMES[1] in english.splitlines()[0]
    assert READMES[0] in chinese.splitlines()[0]
    commands = [[words for words in calls(page) if words[0] != "demo"] for page in READMES]
    assert commands[0] == commands[1]


def test_pictures_are_there_and_small() -> None:
    shown = set(re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text_of("README.md")))
    assert shown == {path.relative_to(TOP).as_posix() for path in (TOP / "docs" / "images").iterdir()}
    assert all((TOP / picture).stat().st_size <= PICTURE_BYTES for picture in shown)


def test_the_picture_of_the_way_is_drawn_from_the_table() -> None:
    drawing = text_of("docs/images/case.svg")
    boxes = re.findall(r'data-stage="(\w+)"', drawing)
    assert sorted(boxes) == sorted(stage.value for stage in CaseStage)
    arrows = re.findall(r'data-from="(\w+)" data-to="(\w+)"', drawing)
    wrong = [(here, then) for here, then in arrows if CaseStage(then) not in STAGES[CaseStage(here)].leads_to]
    assert arrows
    assert wrong == []


def test_the_names_in_the_glossary_are_names_in_the_code() -> None:
    source = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in ("rulebook", "models", "workflows")
        for path in (TOP / folder).rglob("*.py")
    )
    in_code = [row.rsplit("|", 2)[1] for row in text_of("docs/glossary.md").splitlines() if row.count("|") == 4]
    names = {part for cell in in_code for name in re.findall(r"`([\w.]+)`", cell) for part in name.split(".")}
    assert len(names) > 20
    assert [name for name in sorted(names) if not re.search(rf"\b{name}\b", source)] == []


@pytest.mark.parametrize("page", PAGES)
def test_no_page_names_a_folder_of_somebodys_machine(page: str) -> None:
    assert re.findall(r"/(?:home|root|tmp|work|Users)/\w*", text_of(page)) == []
