"""While something slow is waited for, Temporal hears that the process lives, and only then."""

import itertools
import threading

import pytest
from temporalio.testing import ActivityEnvironment

from activities import heartbeats
from workflows.policies import PAPERS_HEARTBEAT

SOON = 10.0


def test_signs_of_life_go_out_while_the_work_goes_on_and_not_after(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeats, "BEAT_SECONDS", 0.01)
    heard = threading.Semaphore(0)
    environment = ActivityEnvironment()
    environment.on_heartbeat = lambda *_details: heard.release()

    def slow() -> bool:
        with heartbeats.heartbeats():
            return all(heard.acquire(timeout=SOON) for _ in range(3))

    assert environment.run(slow)
    while heard.acquire(blocking=False):
        pass
    assert not heard.acquire(timeout=0.1)


def test_a_sign_that_was_not_taken_in_time_is_followed_by_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeats, "BEAT_SECONDS", 0.01)
    heard, tries = threading.Semaphore(0), itertools.count()

    def busy_at_first(*_details: object) -> None:
        if next(tries) == 0:
            raise TimeoutError
        heard.release()

    environment = ActivityEnvironment()
    environment.on_heartbeat = busy_at_first

    def slow() -> bool:
        with heartbeats.heartbeats():
            return heard.acquire(timeout=SOON)

    assert environment.run(slow)


def test_what_fails_meanwhile_is_not_hidden() -> None:
    def broken() -> None:
        with heartbeats.heartbeats():
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ActivityEnvironment().run(broken)
    assert "heartbeats" not in {thread.name for thread in threading.enumerate()}


def test_outside_an_activity_nothing_is_sent() -> None:
    with heartbeats.heartbeats():
        assert "heartbeats" not in {thread.name for thread in threading.enumerate()}


def test_several_signs_may_be_lost_before_a_worker_is_taken_for_dead() -> None:
    assert PAPERS_HEARTBEAT.total_seconds() >= 4 * heartbeats.BEAT_SECONDS
