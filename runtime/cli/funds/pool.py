"""``xuqiao pool``: where a fund's money is, and who waits for it."""

from datetime import date

from activities.books.breaker import breaker_of
from activities.wording import moment, money, plain
from models.cases import reads
from models.cases.troubles import troubles
from models.cases.views import QueueView
from runtime.cli.cases.in_the_way import troubles_section
from runtime.cli.failures import Exit
from runtime.cli.office import Office
from runtime.cli.options import AsJson, Fund
from runtime.cli.output import fields, line, print_json, say, section
from runtime.cli.tables import table


def pool(fund: Fund = None, as_json: AsJson = False) -> int:
    """Where a fund's money is, and who waits for it."""
    with Office() as office, office.begin() as session:
        page = reads.pool_page(session, office.the_fund(session, fund))
        breaker = breaker_of(session, page.fund)
        in_the_way = troubles(session, fund=page.fund)
    if as_json:
        state = breaker and {**breaker.model_dump(), "open": breaker.is_open, "share_ppm": breaker.share_ppm}
        print_json({**plain(page), "breaker": state, "troubles": plain(in_the_way)})
        return Exit.WELL
    line(f"{page.fund} {page.name}")
    fields(
        (
            ("business_date", page.business_date),
            ("total", money(page.total_fen)),
            ("reserved", money(page.reserved_fen)),
            ("out", money(page.out_fen)),
            ("available", money(page.available_fen)),
            ("fee_income", money(page.fee_income_fen)),
            ("provisional", money(page.provisional_fen) if page.provisional_fen else ""),
        )
    )
    if breaker:
        line(say("breaker.open" if breaker.is_open else "breaker.closed", **breaker.figures()))
    section("expected")
    table(
        ("day", "expected", "cases"),
        (
            (_due_day(each.day, page.business_date), money(each.amount_fen), ", ".join(each.cases))
            for each in page.expected
        ),
        right=("expected",),
    )
    section("queue")
    table(
        ("place", "case", "applicant", "amount", "queued", "reason"),
        (
            (place, each.case_no, each.applicant_name, money(each.amount_fen), moment(each.queued_at), _why_there(each))
            for place, each in enumerate(page.queue, start=1)
        ),
        right=("place", "amount"),
    )
    troubles_section(in_the_way)
    return Exit.WELL


def _due_day(day: "date", today: "date | None") -> str:
    """A day on which money is due back, marked when it has passed."""
    return say("reports.day_overdue", day=day) if today and day < today else str(day)


def _why_there(place: QueueView) -> str:
    """What the rules say of a place in the queue, or who overruled them and why."""
    if place.put_first_by is None:
        return say(place.reason)
    return say("queue.put_first", person=place.put_first_by, reason=place.put_first_reason)
