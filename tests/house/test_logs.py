"""What processes say of themselves: a line of JSON each, with time, process and case, and repeated trouble once."""

import json
import logging
from collections.abc import Iterator

import pytest

from runtime.logs import MOST_REMEMBERED, REPEATED_SECONDS, AsJson, Repeated


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture, clock: Clock) -> Iterator[logging.Logger]:
    silence = Repeated(clock)
    caplog.handler.addFilter(silence)
    yield logging.getLogger("tests.of.logs")
    caplog.handler.removeFilter(silence)


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    return [json.loads(AsJson("worker").format(record)) for record in caplog.records]


def test_35_a_line_says_when_where_which_case_and_what(log: logging.Logger, caplog: pytest.LogCaptureFixture) -> None:
    about = {"workflow_id": "renewal/DH/DH-2026-00001-8", "activity_type": "pay_out", "attempt": 3}
    try:
        raise ValueError("坏\n了")
    except ValueError:
        log.warning("Completing activity as failed ({...})", exc_info=True, extra={"temporal_activity": about})
    [line] = lines(caplog)
    assert (line["process"], line["case"], line["attempt"]) == ("worker", "DH-2026-00001-8", 3)
    assert (line["message"], line["error"]) == ("Completing activity as failed", "ValueError: 坏\n了")
    assert str(line["at"]).endswith("+00:00")
    assert "\n" not in AsJson("worker").format(caplog.records[0])


def test_35_an_outage_is_said_once_and_counted(
    log: logging.Logger, caplog: pytest.LogCaptureFixture, clock: Clock
) -> None:
    for _ in range(10_000):
        log.warning("relay waits: %s", "OperationalError")
    log.warning("another matter")
    log.info("business")
    assert [line["message"] for line in lines(caplog)] == ["relay waits: OperationalError", "another matter"]
    clock.seconds = REPEATED_SECONDS
    log.warning("relay waits: %s", "OperationalError")
    assert lines(caplog)[-1]["left_out"] == 9_999


def test_35_what_is_remembered_of_trouble_has_a_bound(
    log: logging.Logger, caplog: pytest.LogCaptureFixture, clock: Clock
) -> None:
    (silence,) = (each for each in caplog.handler.filters if isinstance(each, Repeated))
    for number in range(3 * MOST_REMEMBERED):
        log.warning(f"case {number} is odd")
        log.warning("relay waits")
        assert len(silence._last) <= MOST_REMEMBERED
    assert len(caplog.records) <= 3 * MOST_REMEMBERED + 4, "what repeats is still said once, or nearly"
    clock.seconds = REPEATED_SECONDS
    log.warning("all quiet")
    assert len(silence._last) == 1, "what is over is forgotten"
