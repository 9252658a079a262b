"""Where cases stand when an act arrives, to test the rules for acts with."""

from datetime import date
from pathlib import Path

from activities.law.measures import measure_from
from rulebook.acts import Proposal, Standing
from rulebook.calendar import CalendarDay, calendar_from_days
from rulebook.cases import Promise, PromiseRung
from rulebook.money import yuan
from tests.builders import a_micro_manufacturer

OPERATOR = Path(__file__).parents[2] / "examples" / "operator.toml"
MATURITY = date(2026, 3, 20)  # a Friday
RELEASE_DAY = date(2026, 3, 19)
PROMISE = Promise(
    rung=PromiseRung.APPROVED,
    amount_fen=yuan(6_000_000),
    valid_until=date(2026, 5, 20),
    reference="承〔2026〕1号",
    signatory="沈喆",
    authority_fen=yuan(10_000_000),
)


def a_proposed_case() -> Standing:
    """Five million proposed by "maker" and approved by "checker", on its release day."""
    return Standing(
        facts=a_micro_manufacturer(maturity=MATURITY).facts(date(2026, 3, 2)),
        measure=measure_from("donghai/2025-08-17", OPERATOR.read_text(encoding="utf-8")),
        calendar=calendar_from_days(
            CalendarDay(date.fromordinal(day), works=date.fromordinal(day).weekday() < 5, official=True)
            for day in range(date(2026, 2, 1).toordinal(), date(2026, 5, 1).toordinal())
        ),
        promise=PROMISE,
        proposal=Proposal(yuan(5_000_000), "maker", "digest"),
        checker="checker",
    )
