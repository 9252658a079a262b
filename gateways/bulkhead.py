"""Each bank has places of its own at our counter, so that a slow one holds up nobody but itself."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from typing import TypeVar

from gateways.bank import BankGateway, BankUnreachable, OpinionRequest, PaymentOrder
from rulebook.books.payments import PaymentReport

PLACES = 2
"""Calls to one bank at once: what one worker lends to each."""
ANSWER_SECONDS = 10.0
SILENCES = 3
REST_SECONDS = 30.0

Answer = TypeVar("Answer")


class Bulkhead:
    """A ``BankGateway`` in front of another one. It asks one bank only so often at once, and waits only so long.

    A call that lasts too long keeps its place until it really ends, so that a bank that answers nobody is asked by
    nobody else; after some in a row that were not answered in time it is left alone for a while.

    Args:
        gateway: what speaks to the banks.
        places: calls to one bank at once.
        seconds: the longest to wait for an answer.
        rest: seconds without a call, after ``SILENCES`` in a row.
    """

    def __init__(
        self,
        gateway: BankGateway,
        places: int = PLACES,
        seconds: float = ANSWER_SECONDS,
        rest: float = REST_SECONDS,
    ) -> None:
        self._gateway = gateway
        self._seconds = seconds
        self._banks: defaultdict[str, _Bank] = defaultdict(lambda: _Bank(places, rest))
        self._lock = threading.Lock()

    @property
    def by_hand(self) -> bool:
        """As the gateway behind it."""
        return self._gateway.by_hand

    def ready(self, order: PaymentOrder) -> None:
        """Tell before anything of a payment is written down whether its bank can be spoken to now.

        Raises:
            BankUnreachable: all its places are taken, or it is left alone for a while.
        """
        if not self._bank(order.bank).is_free():
            raise BankUnreachable(order.bank, order.key)
        self._gateway.ready(order)

    def ask_opinion(self, request: OpinionRequest) -> None:
        """As the gateway behind it; without a free place it fails at once, and is tried again later."""
        self._call(request.bank, request.key, lambda: self._gateway.ask_opinion(request))

    def send(self, order: PaymentOrder) -> PaymentReport:
        """As the gateway behind it; ``ready`` was asked before, so a place is waited for."""
        return self._call(order.bank, order.key, lambda: self._gateway.send(order), patience=self._seconds)

    def ask(self, order: PaymentOrder) -> PaymentReport:
        """As the gateway behind it; without a free place it fails at once, and is tried again later."""
        return self._call(order.bank, order.key, lambda: self._gateway.ask(order))

    def _bank(self, code: str) -> "_Bank":
        with self._lock:
            return self._banks[code]

    def _call(self, code: str, key: str, ask: Callable[[], Answer], patience: float = 0.0) -> Answer:
        bank = self._bank(code)
        if not bank.take(patience):
            raise BankUnreachable(code, key)
        answer: Future[Answer] = Future()

        def speak() -> None:
            try:
                answer.set_result(ask())
            except BaseException as error:
                answer.set_exception(error)
            finally:
                bank.leave()

        # A thread that nobody waits for at the end: a bank that never answers must not keep a process from stopping.
        threading.Thread(target=speak, name=f"bank-{code}", daemon=True).start()
        try:
            found = answer.result(self._seconds)
        except NotInTime:
            bank.was_silent()
            raise BankUnreachable(code, key) from None
        bank.answered()
        return found


class _Bank:
    """The places of one bank, and how it answered lately."""

    def __init__(self, places: int, rest: float) -> None:
        self._free = places
        self._rest = rest
        self._silences = 0
        self._again_at = 0.0
        self._changed = threading.Condition()

    def is_free(self) -> bool:
        with self._changed:
            return self._free > 0 and time.monotonic() >= self._again_at

    def take(self, patience: float) -> bool:
        """Take a place; whoever has patience waits for one, and speaks to a bank that is left alone, too."""
        with self._changed:
            if not patience and time.monotonic() < self._again_at:
                return False
            if not self._changed.wait_for(lambda: self._free > 0, timeout=patience):
                return False
            self._free -= 1
            return True

    def leave(self) -> None:
        with self._changed:
            self._free += 1
            self._changed.notify()

    def was_silent(self) -> None:
        with self._changed:
            self._silences += 1
            if self._silences >= SILENCES:
                self._again_at = time.monotonic() + self._rest

    def answered(self) -> None:
        with self._changed:
            self._silences, self._again_at = 0, 0.0
