"""``xuqiao fee``: what a bridge costs, step by step."""

from datetime import date
from fractions import Fraction
from typing import Annotated, Any

from typer import Option

from activities.law.calendars import shipped_calendar
from activities.wording import money
from rulebook.law.comparison import rate_text
from rulebook.law.fees import FeeKind
from rulebook.law.measure import Measure
from rulebook.law.quotes import Quote, quote
from runtime.cli.failures import Exit
from runtime.cli.law.asking import asked, count_of
from runtime.cli.law.pack import Overlay, Pack, the_pack, title_of
from runtime.cli.options import AsJson
from runtime.cli.output import fields, line, note, print_json, say, word
from runtime.cli.tables import table
from runtime.cli.values import day_if_typed, fen_of

_PERCENT_PLACES = 4


@asked()
def fee(
    pack: Pack,
    principal_yuan: Annotated[str, Option("--principal", metavar="YUAN")],
    days: Annotated[str, Option("--days", metavar="N")],
    start: Annotated[str | None, Option("--start", metavar="DATE")] = None,
    overlay: Overlay = None,
    as_json: AsJson = False,
) -> int:
    principal, number = fen_of("--principal", principal_yuan), count_of("--days", days)
    paid_on = day_if_typed("--start", start)
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

    calendar = shipped_calendar()
    calendar.is_workday(paid_on)
    return calendar


def _fee_as_data(found: Quote) -> dict[str, Any]:
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


def _show_fee(measure: Measure, principal_fen: int, found: Quote) -> None:
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
