"""How fast the ledger writes, beside the two limits that no ledger on this server could pass, in the same run.

Run it without arguments, or with ``--quick`` or ``--smoke``. The last line is one JSON object:

``{"1": {"journals_per_s", "hot_row_per_s", "insert_per_s", "ratio"}, "8": …, "32": …, "verify_journals_per_s"}``

The keys are connections. Each journal is one call of the door and one commit, all guards on, all on one fund's book.
The mix is fixed: three cases are reserved, sent on their way, paid out and returned with a fee, the fourth is reserved
and released: fourteen journals. What two people approved was put in by the desk before the clock runs, since people
approve at their own pace. ``hot_row`` updates one and the same row, ``insert`` commits single rows into a table without
an index. The three take turns in several rounds, and ``ratio`` is journals over hot row, so the noise of the machine
divides out of it. Connections have done a little of the same work before, as those of a running engine have.
"""

import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from threading import Barrier
from time import perf_counter
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psycopg

from benchmarks.length import of_length
from models.books import ledger
from models.database import engine_for, plain_url, sessions
from rulebook.books import postings
from rulebook.books.postings import Approval, LedgerRequest
from rulebook.money import yuan
from runtime.devstack import Addresses
from runtime.devstack.stack import DevStack

DAY = date(2026, 3, 2)
FUND = "BENCH"
BRIDGE = yuan(1_000)
TERMS, PAYEE = "7c" * 32, "a9" * 32  # digests, as long as real ones
CONNECTIONS = (1, 8, 32)
JOURNALS_OF_FOUR_CASES = 14
WARM = JOURNALS_OF_FOUR_CASES


class Length(NamedTuple):
    """How many commits of each kind are timed for each number of connections, and in how many rounds."""

    commits: int
    rounds: int


def four_cases(run: str, number: int) -> tuple[list[LedgerRequest], list[Approval]]:
    """Fourteen requests in their order, and the approvals that three of them consume."""
    requests: list[LedgerRequest] = []
    approvals: list[Approval] = []
    for which in range(4):
        case = f"{run}-{number}-{which}"
        by_hand = {"on": DAY, "actor_id": "U-0042"}
        terms = {"terms_digest": TERMS, **by_hand}
        reserve = postings.reserve(FUND, case, BRIDGE, attempt=1, **terms)  # type: ignore[arg-type]
        requests.append(reserve)
        if which == 3:
            requests.append(postings.release_hold(FUND, case, attempt=1, hold=reserve.key, on=DAY, actor_id="U-0042"))
            continue
        people = {"terms_digest": TERMS, "maker": "U-0041", "checker": "U-0042"}
        approvals.append(postings.approval_of_bridge(FUND, case, BRIDGE, attempt=1, payee=PAYEE, **people))
        sent = {"payment": 1, "attempt": 1, "hold": reserve.key, "payee": PAYEE, **terms}
        requests.append(postings.intend_payment(FUND, case, BRIDGE, **sent))  # type: ignore[arg-type]
        requests.append(postings.disburse(FUND, case, BRIDGE, f"ZF-{case}", payment=1, **terms))  # type: ignore[arg-type]
        back = {"principal_fen": BRIDGE, "fee_fen": 100, "reference": f"LS-{case}", **by_hand}
        requests.append(postings.receive(FUND, case, "return", **back))  # type: ignore[arg-type]
    return requests, approvals


def approved_work(desk_url: str, run: str, journals: int) -> list[str]:
    """At least so many requests as the door takes them, with every approval they need already in the books."""
    work: list[str] = []
    with psycopg.connect(plain_url(desk_url)) as desk:
        while len(work) < journals:
            requests, approvals = four_cases(run, len(work))
            work += [json.dumps(request.wire(), ensure_ascii=False) for request in requests]
            for approval in approvals:
                answer = desk.execute("SELECT ledger.approve(%s::jsonb)", [approval.model_dump_json()]).fetchone()
                if answer is None or "refused" in answer[0]:
                    raise AssertionError(answer)
    return work


def seconds(url: str, statement: str, work: Sequence[Sequence[str]]) -> float:
    """How long one statement takes with all these parameters but the first few, one connection for each list."""
    ready = Barrier(len(work) + 1)

    def client(parameters: Sequence[str]) -> None:
        with psycopg.connect(plain_url(url), autocommit=True) as connection:
            cursor = connection.cursor()
            for number, parameter in enumerate(parameters):
                if number == WARM:
                    ready.wait()
                answer = cursor.execute(statement, [parameter])
                if cursor.description and "refused" in (row := answer.fetchone() or ({},))[0]:
                    raise AssertionError(row)

    with ThreadPoolExecutor(len(work)) as pool:
        clients = [pool.submit(client, parameters) for parameters in work]
        ready.wait()
        begun = perf_counter()
        for done in clients:
            done.result()
    return perf_counter() - begun


def at(connections: int, length: Length, servers: Addresses) -> dict[str, float]:
    """The three rates with so many connections, and journals over hot row."""
    each = max(JOURNALS_OF_FOUR_CASES, length.commits // connections // length.rounds)
    each += -each % JOURNALS_OF_FOUR_CASES  # whole cases only

    def numbers(_run: str) -> list[str]:
        return [str(number) for number in range(WARM + each)]

    def journals(run: str) -> list[str]:
        return approved_work(servers.desk_url, run, WARM + each)

    kinds: dict[str, tuple[str, str, Callable[[str], list[str]]]] = {
        "insert": (servers.owner_url, "INSERT INTO bench_insert VALUES (%s)", numbers),
        "hot_row": (servers.owner_url, "UPDATE bench_hot SET n = n + %s::bigint", numbers),
        "journals": (servers.app_url, "SELECT ledger.post(%s::jsonb)", journals),
    }
    took = dict.fromkeys(kinds, 0.0)
    for turn in range(length.rounds):
        for kind, (url, statement, work_of) in kinds.items():
            work = [work_of(f"B{connections}.{turn}.{number}") for number in range(connections)]
            took[kind] += seconds(url, statement, work)
    rates = {kind: connections * each * length.rounds / of_kind for kind, of_kind in took.items()}
    return {
        "journals_per_s": round(rates["journals"], 1),
        "hot_row_per_s": round(rates["hot_row"], 1),
        "insert_per_s": round(rates["insert"], 1),
        "ratio": round(rates["journals"] / rates["hot_row"], 3),
    }


def main() -> None:
    length = of_length(Length(6_000, 3), quick=Length(1_000, 3), smoke=Length(1, 1))
    with tempfile.TemporaryDirectory(prefix="xuqiao-bench-") as folder:
        stack = DevStack(Path(folder) / "var")
        try:
            print(json.dumps(measure(stack, length)))
        finally:
            stack.remove()


def measure(stack: DevStack, length: Length) -> dict[str, object]:
    servers = stack.start()
    with psycopg.connect(plain_url(servers.owner_url), autocommit=True) as owner:
        owner.execute("CREATE TABLE bench_insert (n text)")
        owner.execute("CREATE TABLE bench_hot (n bigint) WITH (fillfactor = 50)")
        owner.execute("INSERT INTO bench_hot VALUES (0)")
    engine = engine_for(servers.app_url, pool_size=1)
    with sessions(engine).begin() as session:
        capital = yuan(1_000_000_000)
        ledger.post(
            session,
            postings.capital_in(FUND, "bench", capital, reference="1", on=DAY, actor_id="maker"),
        )
    found: dict[str, object] = {str(connections): at(connections, length, servers) for connections in CONNECTIONS}
    with sessions(engine)() as session:
        journals = len(ledger.vouchers(session, FUND))
        begun = perf_counter()
        faults = ledger.check_books(session, FUND)
        found["verify_journals_per_s"] = round(journals / (perf_counter() - begun), 1)
    engine.dispose()
    if faults:
        raise AssertionError(faults)
    return found


if __name__ == "__main__":
    main()
