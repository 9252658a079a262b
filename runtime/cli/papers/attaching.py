"""``xuqiao documents attach``: a paper that others made is put on record for the archive."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from activities.papers.bringing import Described, bring_in
from activities.papers.reading import MOST_BYTES
from runtime.cli.failures import Exit
from runtime.cli.files import file_content
from runtime.cli.names import case_no_of
from runtime.cli.office import Office
from runtime.cli.options import AsJson, AsUser, Case
from runtime.cli.output import line, print_json, say
from runtime.cli.values import day_of


def attach(
    case: Case,
    brought_file: Annotated[Path, Argument(metavar="FILE")],
    brought_name: Annotated[str, Option("--name", metavar="NAME")],
    as_user: AsUser,
    dated: Annotated[str | None, Option("--dated", metavar="DATE")] = None,
    brought_pages: Annotated[int | None, Option("--pages", metavar="NUMBER", min=1)] = None,
    original: Annotated[bool, Option("--original")] = False,
    kept_for: Annotated[str | None, Option("--kept-for", metavar="TEXT")] = None,
    as_json: AsJson = False,
) -> int:
    said = Described(
        name=brought_name,
        dated_on=day_of("--dated", dated) if dated else None,
        pages=brought_pages,
        original=original,
        kept_for=kept_for,
    )
    content = file_content("FILE", brought_file, MOST_BYTES)
    with Office() as office:
        kept = bring_in(office.desk, case_no_of(case), as_user, content, said, datetime.now(UTC))
    if as_json:
        print_json(kept.model_dump(mode="json", exclude={"content", "id"}))
    else:
        line(say("brought.recorded", name=kept.name, pages=kept.pages, digest=kept.sha256))
    return Exit.WELL
