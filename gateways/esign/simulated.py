"""A signing platform for demo and tests: it signs with demonstration certificates, and misbehaves as it is told."""

import hashlib
import hmac
import io
import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from pyhanko.pdf_utils.generic import NameObject, StreamObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from gateways.esign.certificates import DemoAuthority
from gateways.esign.pades import sign_pdf
from gateways.esign.place import Place
from gateways.esign.platform import (
    Evidence,
    FlowReport,
    FlowState,
    PlatformAway,
    PlatformCallback,
    SignedBy,
    SignerTask,
    SigningRequest,
)
from rulebook.errors import XuqiaoError

SIGNATURE_HEADER = "x-esign-signature"
_SECRET = b"simulated-platform"  # known to everybody: what the simulator says proves nothing
_WAIT_SECONDS = 30.0
_ANOTHER = "另一家有限公司"
_OVER_THE_TEXT = Place(page=1, x=100, y=500, width=300, height=60)
_TABLES = """
    CREATE TABLE IF NOT EXISTS manner (one INTEGER PRIMARY KEY CHECK (one = 1), name TEXT NOT NULL);
    -- One signing: the key makes a repeated request find it.
    CREATE TABLE IF NOT EXISTS flow (
        id TEXT PRIMARY KEY, key TEXT NOT NULL UNIQUE, request TEXT NOT NULL, state TEXT NOT NULL,
        reason TEXT NOT NULL DEFAULT '', original BLOB NOT NULL, signed BLOB, evidence TEXT);
    -- What it has to tell about it, in the order in which it happened.
    CREATE TABLE IF NOT EXISTS told (
        serial INTEGER PRIMARY KEY, flow TEXT NOT NULL, state TEXT NOT NULL, at TEXT NOT NULL);
"""


class PlatformManner(StrEnum):
    """How the platform behaves."""

    PROPER = "proper"
    REFUSE = "refuse"  # the first signer refuses
    WRONG_FILE = "wrong_file"  # another file comes back than was given
    WRONG_DIGEST = "wrong_digest"  # the evidence names another file than the one that comes back
    ANOTHER_SIGNER = "another_signer"  # somebody who was not asked has signed
    CHANGED_PAGE = "changed_page"  # it alters a page behind the bytes it was given, and has that signed
    ANOTHER_HOLDER = "another_holder"  # it signs with a certificate of somebody else
    COVERING = "covering"  # a signature is shown over the text of the first page, not where it was asked for
    SILENT = "silent"  # it completes and never calls
    AWAY = "away"  # no answer


class Delivery(NamedTuple):
    """One call on its way to the fund."""

    body: bytes
    headers: Mapping[str, str]


class SimulatedPlatform:
    """An ``ESignPlatform`` with its own memory; several processes may use the same.

    Args:
        folder: for its memory and its certificates.
    """

    name = "simulated"

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "platform.sqlite"
        self._authority = DemoAuthority(folder / "certificates")
        self._lock = threading.RLock()

    def behave(self, manner: PlatformManner) -> None:
        """From now on."""
        with self._memory() as db:
            db.execute("INSERT OR REPLACE INTO manner VALUES (1, ?)", (manner,))

    # What the fund asks of it -----------------------------------------------------------------------------------

    def prepare(self, request: SigningRequest, pdf: bytes) -> str:
        with self._memory() as db:
            self._answer(db, request.key)
            flow = "F" + hashlib.sha256(request.key.encode()).hexdigest()[:20].upper()
            known = db.execute("SELECT request, original FROM flow WHERE id = ?", (flow,)).fetchone()
            wanted = request.model_dump_json()
            if known and (known["request"] != wanted or known["original"] != pdf):
                raise XuqiaoError("signing.key_conflict", key=request.key)
            if not known:
                row = (flow, request.key, wanted, FlowState.PREPARED, pdf)
                db.execute("INSERT INTO flow (id, key, request, state, original) VALUES (?, ?, ?, ?, ?)", row)
            return flow

    def start(self, flow: str) -> None:
        with self._memory() as db:
            self._answer(db, flow)
            if _row(db, flow)["state"] == FlowState.PREPARED:
                _become(db, flow, FlowState.STARTED)

    def on_callback(self, body: bytes, headers: Mapping[str, str]) -> PlatformCallback:
        given = {name.lower(): value for name, value in headers.items()}.get(SIGNATURE_HEADER, "")
        if not hmac.compare_digest(given.encode(), _seal_of(body).encode()):
            raise XuqiaoError("signing.callback_forged", platform=self.name)
        return PlatformCallback.model_validate_json(body)

    def cancel(self, flow: str, reason: str) -> FlowState:
        with self._memory() as db:
            self._answer(db, flow)
            if not FlowState(_row(db, flow)["state"]).final:
                _become(db, flow, FlowState.CANCELLED, reason)
            return FlowState(_row(db, flow)["state"])

    def look(self, flow: str) -> FlowReport:
        with self._memory() as db:
            self._answer(db, flow)
            row = _row(db, flow)
        number = SigningRequest.model_validate_json(row["request"]).document_no
        return FlowReport(flow=flow, document_no=number, state=FlowState(row["state"]), reason=row["reason"])

    def fetch_signed(self, flow: str) -> bytes:
        return bytes(self._completed(flow)["signed"])

    def fetch_evidence(self, flow: str) -> Evidence:
        return Evidence.model_validate_json(self._completed(flow)["evidence"])

    # Its own life -----------------------------------------------------------------------------------------------

    def signers_act(self, at: datetime | None = None) -> None:
        """Every signer who was asked signs, or does what the manner says.

        Args:
            at: when they do; now.
        """
        with self._memory() as db:
            manner = _manner(db)
            waiting = db.execute("SELECT * FROM flow WHERE state = ? ORDER BY id", (FlowState.STARTED,)).fetchall()
            for row in waiting:
                if manner is PlatformManner.REFUSE:
                    _become(db, row["id"], FlowState.REFUSED, "金额与约定不符，拒绝签署")
                else:
                    self._complete(db, row, manner, at or datetime.now(UTC))

    def deliveries(self) -> list[Delivery]:
        """Every call it has ever had to make, oldest first; it does not learn whether any arrived."""
        with self._memory() as db:
            if _manner(db) is PlatformManner.SILENT:
                return []
            told = db.execute("SELECT * FROM told ORDER BY serial").fetchall()
        bodies = [
            json.dumps({"flow": row["flow"], "serial": row["serial"], "state": row["state"], "at": row["at"]}).encode()
            for row in told
        ]
        return [Delivery(body, {SIGNATURE_HEADER: _seal_of(body)}) for body in bodies]

    def _complete(self, db: sqlite3.Connection, row: sqlite3.Row, manner: PlatformManner, at: datetime) -> None:
        request = SigningRequest.model_validate_json(row["request"])
        signed, signatures = bytes(row["original"]), []
        if manner is PlatformManner.WRONG_FILE:
            signed = signed.replace(b"%PDF-1.7", b"%PDF-1.6", 1)
        if manner is PlatformManner.CHANGED_PAGE:
            signed = _with_another_page(signed)
        for number, task in enumerate(request.signers):
            if manner is PlatformManner.ANOTHER_SIGNER:
                task = task.model_copy(update={"party": "stranger"})
            another = manner is PlatformManner.ANOTHER_HOLDER
            credential = self._authority.credential(task.party, _ANOTHER if another else task.name)
            place = _OVER_THE_TEXT if manner is PlatformManner.COVERING else _place(task)
            signed = sign_pdf(signed, task.party, credential, place, None)
            signatures.append(
                SignedBy(
                    party=task.party,
                    person=task.person,
                    authority=task.authority,
                    signed_at=at + timedelta(minutes=number),
                    certificate=credential.fingerprint,
                )
            )
        claimed = b"another file" if manner is PlatformManner.WRONG_DIGEST else signed
        evidence = Evidence(
            number=f"CZ-{row['id']}",
            flow=row["id"],
            original_sha256=request.sha256,
            signed_sha256=hashlib.sha256(claimed).hexdigest(),
            signatures=tuple(signatures),
        )
        db.execute(
            "UPDATE flow SET signed = ?, evidence = ? WHERE id = ?", (signed, evidence.model_dump_json(), row["id"])
        )
        _become(db, row["id"], FlowState.COMPLETED)

    def _completed(self, flow: str) -> sqlite3.Row:
        with self._memory() as db:
            self._answer(db, flow)
            row = _row(db, flow)
        if row["state"] != FlowState.COMPLETED:
            raise XuqiaoError("signing.not_completed", flow=flow, state=row["state"])
        return row

    def _answer(self, db: sqlite3.Connection, flow: str) -> None:
        if _manner(db) is PlatformManner.AWAY:
            raise PlatformAway(self.name, flow)

    @contextmanager
    def _memory(self) -> Iterator[sqlite3.Connection]:
        """A transaction of its own; whoever comes meanwhile waits."""
        with self._lock:
            connection = sqlite3.connect(self._path, timeout=_WAIT_SECONDS, isolation_level=None)
            connection.row_factory = sqlite3.Row
            try:
                connection.execute("BEGIN IMMEDIATE")
                for statement in _TABLES.split(";"):
                    connection.execute(statement)
                yield connection
                connection.execute("COMMIT")
            finally:
                connection.close()  # what was not committed is undone


def _row(db: sqlite3.Connection, flow: str) -> sqlite3.Row:
    row: sqlite3.Row | None = db.execute("SELECT * FROM flow WHERE id = ?", (flow,)).fetchone()
    if row is None:
        raise XuqiaoError("signing.flow_unknown", flow=flow)
    return row


def _become(db: sqlite3.Connection, flow: str, state: FlowState, reason: str = "") -> None:
    db.execute("UPDATE flow SET state = ?, reason = ? WHERE id = ?", (state, reason, flow))
    db.execute("INSERT INTO told (flow, state, at) VALUES (?, ?, ?)", (flow, state, datetime.now(UTC).isoformat()))


def _manner(db: sqlite3.Connection) -> PlatformManner:
    row = db.execute("SELECT name FROM manner").fetchone()
    return PlatformManner(row["name"]) if row else PlatformManner.PROPER


def _place(task: SignerTask) -> Place | None:
    return None if task.page is None else Place(task.page, task.x, task.y, task.width, task.height)


def _with_another_page(pdf: bytes) -> bytes:
    """The file with a first page that shows nothing, as an addition behind its own bytes."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    page, _ = writer.find_page_for_modification(0)  # type: ignore[no-untyped-call]
    page.get_object()[NameObject("/Contents")] = writer.add_object(StreamObject(stream_data=b"q Q"))
    writer.update_container(page.get_object())
    made = io.BytesIO()
    writer.write(made)  # type: ignore[no-untyped-call]
    return made.getvalue()


def _seal_of(body: bytes) -> str:
    return hmac.new(_SECRET, body, hashlib.sha256).hexdigest()
