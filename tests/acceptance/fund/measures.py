"""A fund comes under another measure."""

from datetime import date, timedelta
from pathlib import Path

from tests.acceptance.conftest import changed_text
from tests.acceptance.fund.fund import TestedFund

OPERATOR = Path(__file__).parents[3] / "examples" / "operator.toml"


async def a_later_measure(fund: TestedFund, **changed: str) -> tuple[date, str]:
    """The day after, the bank has four days to answer, or what else is said.

    Returns:
        that day, which has begun, and the digest of the measure.
    """
    tomorrow = fund.today + timedelta(days=1)
    digest = fund.adopt(tomorrow, changed_text(OPERATOR, {"opinion = 3": "opinion = 4", **changed}))
    await fund.skip_to(tomorrow)
    return tomorrow, digest
