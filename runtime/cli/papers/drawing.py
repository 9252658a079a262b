"""``xuqiao documents render | preview``: a paper is drawn up for a case, or only looked at."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from activities.papers.on_request import PaperDetail, draft, draw_on_request
from activities.papers.press.sample import sample_of
from activities.words import LANGUAGES
from models.funds.people import actor_in_case
from rulebook.papers.clauses import PartyInBreach
from rulebook.papers.facts import PaperFinding
from rulebook.papers.kinds import DocumentKind
from rulebook.stages import Role
from runtime.cli.commands import combined
from runtime.cli.failures import Exit, Misuse
from runtime.cli.files import write_file
from runtime.cli.names import case_no_of, member_of
from runtime.cli.office import Office
from runtime.cli.options import AsJson, AsUser, Case
from runtime.cli.output import line, note, print_json, say
from runtime.cli.values import day_if_typed, fen_of
from runtime.press import warm_press

Kind = Annotated[str, Argument(metavar="KIND")]
AnswerBy = Annotated[str | None, Option("--answer-by", metavar="DATE")]
Missing = Annotated[list[str] | None, Option("--missing", metavar="NAME")]
Breach = Annotated[list[str] | None, Option("--breach", metavar="TEXT")]
InBreach = Annotated[list[str] | None, Option("--by", metavar="PARTY")]
Clause = Annotated[list[str] | None, Option("--clause", metavar="TEXT")]
ExtendedTo = Annotated[str | None, Option("--extended-to", metavar="DATE")]
Why = Annotated[str, Option("--reason", metavar="TEXT")]
Minutes = Annotated[str | None, Option("--minutes", metavar="NUMBER")]
Decided = Annotated[str, Option("--decided", metavar="TEXT")]
Since = Annotated[str | None, Option("--from", metavar="DATE")]
Until = Annotated[str | None, Option("--until", metavar="DATE")]
Ceiling = Annotated[str | None, Option("--ceiling", metavar="YUAN")]
OfCase = Annotated[str | None, Option("--case", metavar="CASE")]
PaperOut = Annotated[Path | None, Option("--out", metavar="FILE")]
PaperLang = Annotated[str, Option("--in", metavar="LANG")]


def _detail(
    answer_by: AnswerBy = None,
    missing: Missing = None,
    breach: Breach = None,
    clause: Clause = None,
    in_breach: InBreach = None,
    extended_to: ExtendedTo = None,
    why: Why = "",
    minutes: Minutes = None,
    decided: Decided = "",
    since: Since = None,
    until: Until = None,
    ceiling: Ceiling = None,
) -> PaperDetail:
    """What the officer says about the paper."""
    breaches, clauses = breach or [], clause or []
    if len(breaches) != len(clauses):
        raise Misuse("papers.clause_for_each_breach", breaches=len(breaches), clauses=len(clauses))
    return PaperDetail(
        answer_by=day_if_typed("--answer-by", answer_by),
        missing_papers=tuple(missing or ()),
        breaches=tuple(PaperFinding(sentence=b, citation=c) for b, c in zip(breaches, clauses, strict=True)),
        in_breach=tuple(member_of("--by", PartyInBreach, each) for each in in_breach or ()),
        extended_to=day_if_typed("--extended-to", extended_to),
        extension_reason=why,
        minutes_reference=minutes,
        minutes_decision=decided,
        cooperation_from=day_if_typed("--from", since),
        cooperation_until=day_if_typed("--until", until),
        cooperation_ceiling_fen=fen_of("--ceiling", ceiling, least=1) if ceiling else None,
    )


def _render(
    make_detail: Callable[[], PaperDetail],
    case: Case,
    paper_kind: Kind,
    *,
    as_user: AsUser,
    paper_out: PaperOut = None,
    as_json: AsJson = False,
) -> int:
    """Draw up a paper of a case, number it and keep it.

    Returns:
        the exit code.
    """
    case, of_kind, detail = case_no_of(case), member_of("KIND", DocumentKind, paper_kind), make_detail()
    note("cli.unauthenticated")
    with Office() as office:
        with office.begin() as session:
            by = actor_in_case(session, as_user, Role.MAKER, case)
        with warm_press(office.settings.papers) as press:
            made = draw_on_request(office.begin, press, case, of_kind, detail, by, datetime.now(UTC))
        out = write_file(paper_out or Path(f"{made.number}.pdf"), made.pdf)
    shown = {"number": made.number, "kind": of_kind, "pages": made.pages, "sha256": made.sha256, "out": str(out)}
    if as_json:
        print_json(shown)
    else:
        line(say("cli.paper.drawn", **shown))
    return Exit.WELL


def _preview(
    make_detail: Callable[[], PaperDetail],
    paper_kind: Kind,
    *,
    of_case: OfCase = None,
    paper_lang: PaperLang = "zh",
    paper_out: PaperOut = None,
    as_json: AsJson = False,
) -> int:
    """Look at a paper: of a case as it stands, or filled with invented facts; it is a draft, and kept nowhere.

    Returns:
        the exit code.
    """
    of_kind, detail = member_of("KIND", DocumentKind, paper_kind), make_detail()
    if paper_lang not in LANGUAGES:
        raise Misuse("cli.usage.no_such_language", value=paper_lang, known=", ".join(LANGUAGES))
    case_no = None if of_case is None else case_no_of(of_case)
    with Office() as office, warm_press(office.settings.papers) as press:
        if case_no is None:
            paper = press.render(of_kind, sample_of(of_kind), paper_lang, draft=True)
        else:
            paper = draft(office.begin, press, case_no, of_kind, detail, datetime.now(UTC), paper_lang)
        out = write_file(paper_out or Path(f"{of_kind}.pdf"), paper.pdf)
    shown = {"kind": of_kind, "pages": paper.pages, "draft": True, "out": str(out)}
    if as_json:
        print_json(shown)
    else:
        line(say("cli.paper.previewed", **shown))
    return Exit.WELL


render = combined(_detail, _render)
preview = combined(_detail, _preview)
