"""How fast the ledger writes, beside the two limits that no ledger on this server could pass, in the same run.

Run it without arguments, or with ``--quick``. The last line is one JSON object:

``{"1": {"journals_per_s", "hot_row_per_s", "insert_per_s", "ratio"}, "8": …, "32": …, "verify_journals_per_s"}``

The keys are connections. Each journal is one call of the door and one commit, all guards on, on one fund's book: a mix
of reserve, disburse, receive and release. ``hot_row`` updates one and the same row, ``insert`` commits single rows into
a table without an index; ``ratio`` is journals over hot row, so the noise of the machine divides out of it.
"""

import json
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from threading import Barrier
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psycopg

from models import ledger
from models.database import engine_for, plain_url, sessions
from rulebook import postings
from rulebook.money import yuan
from rulebook.postings import LedgerRequest
from runtime.devstack import DevStack

DAY = date(2026, 3, 2)
FUND = "BENCH"
BRIDGE = yuan(1_000)
CONNECTIONS = (1, 8, 32)


def mix(run: str, count: int) -> list[str]:
    """About so many requests, each case reserved and paid out and back, or every fourth one released."""
    requests: list[LedgerRequest] = []
    while len(requests) < count:
        case = f"{run}-{len(requests)}"
        approved = {"attempt": 1, "terms_digest": "t", "on": DAY, "actor_id": "checker"}
        requests.append(postings.reserve(FUND, case, BRIDGE, **approved))  # type: ignore[arg-type]
        if len(requests) % 4 == 0:
            requests.append(postings.release_hold(FUND, case, attempt=1, on=DAY, actor_id="checker"))
            continue
        requests.append(postings.disburse(FUND, case, BRIDGE, f"ZF-{case}", **approved))  # type: ignore[arg-type]
        back = {"principal_fen": BRIDGE, "fee_fen": 100, "reference": f"LS-{case}", "on": DAY, "actor_id": "maker"}
        requests.append(postings.receive(FUND, case, "return", **back))  # type: ignore[arg-type]
    return [json.dumps(request.wire()) for request in requests]


def rate(url: str, statement: str, work: list[list[str]]) -> float:
    """Commits per second of one statement, one connection for each list of parameters."""
    ready = Barrier(len(work) + 1)

    def client(parameters: list[str]) -> None:
        with psycopg.connect(plain_url(url), autocommit=True) as connection:
            cursor = connection.cursor()
            ready.wait()
            for parameter in parameters:
                answer = cursor.execute(statement, [parameter])
                if cursor.description and "refused" in (row := answer.fetchone() or ({},))[0]:
                    raise AssertionError(row)

    with ThreadPoolExecutor(len(work)) as pool:
        clients = [pool.submit(client, parameters) for parameters in work]
        ready.wait()
        begun = perf_counter()
        for done in clients:
            done.result()
    return sum(map(len, work)) / (perf_counter() - begun)


def at(connections: int, commits: int, owner_url: str, app_url: str) -> dict[str, float]:
    """The three rates with so many connections, and journals over hot row."""
    each = max(12, commits // connections)

    def measured(url: str, statement: str, parameters: Callable[[int], list[str]]) -> float:
        return rate(url, statement, [parameters(number) for number in range(connections)])

    numbers = [str(number) for number in range(each)]
    insert = measured(owner_url, "INSERT INTO bench_insert VALUES (%s)", lambda _: numbers)
    hot = measured(owner_url, "UPDATE bench_hot SET n = n + %s::bigint", lambda _: numbers)
    door = "SELECT ledger.post(%s::jsonb)"
    journals = measured(app_url, door, lambda number: mix(f"B{connections}.{number}", each))
    return {
        "journals_per_s": round(journals, 1),
        "hot_row_per_s": round(hot, 1),
        "insert_per_s": round(insert, 1),
        "ratio": round(journals / hot, 3),
    }


def main() -> None:
    commits = 1_000 if "--quick" in sys.argv[1:] else 6_000
    with tempfile.TemporaryDirectory(prefix="xuqiao-bench-") as folder:
        stack = DevStack(Path(folder) / "var")
        try:
            print(json.dumps(measure(stack, commits)))
        finally:
            stack.remove()


def measure(stack: DevStack, commits: int) -> dict[str, object]:
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
    found: dict[str, object] = {
        str(connections): at(connections, commits, servers.owner_url, servers.app_url) for connections in CONNECTIONS
    }
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
