"""``xuqiao fee``, ``ceiling``, ``size``, ``words`` and ``workdays``: one question, one answer."""

import re
import unicodedata
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Option

from runtime.cli.failures import Exit, Misuse
from runtime.cli.law.pack import Overlay, Pack, asked, count_of, the_pack, title_of
from runtime.cli.options import AsJson

if TYPE_CHECKING:
    from rulebook.law.measure import Measure
    from rulebook.law.quotes import Quote

_PERCENT_PLACES = 4
_WAN = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")


# The fee -------------------------------------------------------------------------------------------------------


@asked()
def fee(
    pack: Pack,
    principal_yuan: Annotated[str, Option("--principal", metavar="YUAN")],
    days: Annotated[str, Option("--days", metavar="N")],
    start: Annotated[str | None, Option("--start", metavar="DATE")] = None,
    overlay: Overlay = None,
    as_json: AsJson = False,
) -> int:
    from rulebook.law.quotes import quote
    from runtime.cli.output import print_json
    from runtime.cli.values import day_of, fen_of

    principal, number = fen_of("--principal", principal_yuan), count_of("--days", days)
    paid_on = day_of("--start", start) if start is not None else None
    measure = the_pack(pack, overlay)
    found = quote(measure, principal, number, paid_on, _calendar_for(paid_on))
    if as_json:
        print_json(_fee_as_data(found))
    else:
        _show_fee(measure, principal, found)
    return Exit.WELL


def _calendar_for(paid_on: date | None) -> Any:
    """The shipped calendar, where the fee has a date; a date outside of it is refused, and nothing counted from it."""
    if paid_on is None:
        return None
    from activities.law.calendars import shipped_calendar

    calendar = shipped_calendar()
    calendar.is_workday(paid_on)
    return calendar


def _fee_as_data(found: "Quote") -> dict[str, Any]:
    return {
        "fee_fen": found.fee_fen,
        "days": found.days,
        "steps": [
            {
                "from_day": line.from_day,
                "through_day": line.through_day,
                "rate_ppm": line.rate_ppm,
                "fee_fen": line.fee_fen,
                "kind": line.kind,
            }
            for line in found.lines
        ],
        "prepaid_fen": found.prepaid_fen,
        "refund_fen": found.refund_fen,
        "annualised_percent": _percent(found.annualised),
        "citation": found.citation,
        "due_fen": found.due_fen,
        "assumed": found.assumed,
    }


def _percent(share: Fraction | None) -> str | None:
    """A share in percent with four places, rounded half up; for showing only."""
    if share is None:
        return None
    whole, decimals = divmod(int(share * 100 * 10**_PERCENT_PLACES + Fraction(1, 2)), 10**_PERCENT_PLACES)
    return f"{whole}.{decimals:0{_PERCENT_PLACES}d}"


def _show_fee(measure: "Measure", principal_fen: int, found: "Quote") -> None:
    from rulebook.law.comparison import rate_text
    from rulebook.law.fees import FeeKind
    from runtime.cli.output import fields, line, money, note, say, table, word

    line(title_of(measure))
    line(say("law.fee.total", principal=money(principal_fen), days=found.days, fee=money(found.fee_fen)))
    if found.lines:
        table(
            ("from_day", "through_day", "daily_rate", "fee", "kind"),
            (
                (
                    each.from_day,
                    each.through_day,
                    "" if each.kind is FeeKind.MINIMUM else rate_text(each.daily_rate),
                    money(each.fee_fen),
                    word("law.fee_kind", each.kind),
                )
                for each in found.lines
            ),
            right=("from_day", "through_day", "daily_rate", "fee"),
        )
    annualised = _percent(found.annualised)
    fields(
        (
            ("prepaid", money(found.prepaid_fen)),
            ("refund", money(found.refund_fen)),
            ("still_due", money(found.due_fen)),
            ("annualised", annualised and f"{annualised}%"),
            ("citation", found.citation),
        )
    )
    if found.assumed:
        note("law.fee.assumed", names=", ".join(found.assumed))


# The ceiling ---------------------------------------------------------------------------------------------------


@asked()
def ceiling(
    pack: Pack,
    borrower_kind: Annotated[str, Option("--applicant", metavar="APPLICANT")],
    promised: Annotated[str, Option("--promised", metavar="YUAN")],
    maturing: Annotated[str, Option("--maturing", metavar="YUAN")],
    listed_firm: Annotated[bool, Option("--listed")] = False,
    overlay: Overlay = None,
    as_json: AsJson = False,
) -> int:
    from rulebook.cases import ApplicantKind
    from rulebook.law.ceiling import ceiling as the_most
    from runtime.cli.output import fields, line, money, print_json, word
    from runtime.cli.values import fen_of, member_of

    kind = member_of("--applicant", ApplicantKind, borrower_kind)
    amounts = fen_of("--promised", promised), fen_of("--maturing", maturing)
    measure = the_pack(pack, overlay)
    most = the_most(kind, *amounts, measure, listed=listed_firm)
    if as_json:
        print_json({"ceiling_fen": most.amount_fen, "bound_by": most.bound_by, "citation": most.citation})
        return Exit.WELL
    line(title_of(measure))
    fields(
        (
            ("ceiling", money(most.amount_fen)),
            ("bound_by", word("bound", most.bound_by)),
            ("citation", most.citation),
        )
    )
    return Exit.WELL


# The size class ------------------------------------------------------------------------------------------------


@asked()
def size(
    industry: Annotated[str, Option("--industry", metavar="CODE")],
    employees: Annotated[str, Option("--employees", metavar="N")],
    revenue_wan: Annotated[str, Option("--revenue", metavar="WAN")],
    assets_wan: Annotated[str | None, Option("--assets", metavar="WAN")] = None,
    as_json: AsJson = False,
) -> int:
    from rulebook.law.size import SIZE_RULE, size_class
    from runtime.cli.output import fields, print_json, say, word

    found = size_class(
        industry,
        count_of("--employees", employees),
        _fen_of_wan("--revenue", revenue_wan),
        None if assets_wan is None else _fen_of_wan("--assets", assets_wan),
    )
    because = [say(code) for code in found.because]
    if as_json:
        print_json({"class": found.size, "because": because, "citation": SIZE_RULE})
        return Exit.WELL
    fields(
        (
            ("size", word("size", found.size)),
            ("reason", say("cli.semicolon").join(because)),
            ("citation", SIZE_RULE),
        )
    )
    return Exit.WELL


def _fen_of_wan(option: str, typed: str) -> int:
    """An amount typed in 万元, with as many decimals as make whole 分."""
    from rulebook.money import YUAN_PER_WAN, yuan
    from runtime.cli.output import say

    text = unicodedata.normalize("NFKC", typed).strip()
    if not _WAN.fullmatch(text):
        raise Misuse("cli.usage.bad_value", name=option, reason=say("law.not_in_wan", value=typed))
    return yuan(Decimal(text) * YUAN_PER_WAN)


# Amounts in words ----------------------------------------------------------------------------------------------


@asked()
def in_words(
    amount_or_words: Annotated[str, Argument(metavar="AMOUNT")],
    as_json: AsJson = False,
) -> int:
    from rulebook.money import format_yuan
    from rulebook.papers import amounts
    from runtime.cli.output import line, print_json
    from runtime.cli.values import fen_of

    text = unicodedata.normalize("NFKC", amount_or_words).strip()
    given_in_digits = bool(re.search(r"[0-9]", text)) or text.isascii()
    fen = fen_of("AMOUNT", amount_or_words, most=amounts.MOST_FEN) if given_in_digits else amounts.read_words(text)
    written = amounts.in_words(fen)
    if as_json:
        print_json({"yuan": format_yuan(fen), "words": written})
    else:
        line(written if given_in_digits else format_yuan(fen))
    return Exit.WELL


# Working days --------------------------------------------------------------------------------------------------


@asked()
def workdays(
    from_day: Annotated[str, Option("--from", metavar="DATE")],
    add: Annotated[str, Option("--add", metavar="N")],
    as_json: AsJson = False,
) -> int:
    from activities.law.calendars import shipped_calendar
    from runtime.cli.output import line, print_json, say
    from runtime.cli.values import day_of

    start, count = day_of("--from", from_day), count_of("--add", add)
    calendar = shipped_calendar()
    calendar.is_workday(start)  # a day outside the calendar is refused before anything is counted from it
    end = calendar.deadline(start, count)
    status = "provisional" if end.provisional else "official"
    if as_json:
        print_json({"date": end.on, "calendar": calendar.version, "status": status})
    else:
        line(say(f"law.workdays.{status}", start=start, count=count, day=end.on, through=calendar.official_through))
    return Exit.WELL
