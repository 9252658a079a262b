"""The auditor's own arithmetic: judges the rows of a book, from a database or an exported file.

It stands apart on purpose. Nothing of what writes the books is used here, only the standard library and, for
signatures, ``cryptography``: a mistake in the writer cannot repeat itself in the judge. ``python -m
models.books.verification FILE`` judges a file that ``xuqiao ledger export`` wrote, on a machine without any database.

Rows are plain dictionaries in this order; digests are hexadecimal, amounts whole fen, days ISO, moments microseconds:

| row       | fields                                                                                            |
|-----------|---------------------------------------------------------------------------------------------------|
| book      | format, book, last_seq, head_hash, closed_through                                                 |
| subject   | subject, side, kept_by, cap_fen, floor_fen: what a new account of it starts with                  |
| kind      | kind, opens_hold, resolves_hold, needs_approval, reverses                                         |
| permitted | kind, debit, debit_part, credit, credit_part                                                      |
| follows   | kind, of_kind                                                                                     |
| account   | id, subject, dimension; and its balance: side, debit_fen, credit_fen, debit_held_fen,              |
|           | credit_held_fen, floor_fen, cap_fen                                                               |
| approval  | key, kind, case_no, amount_fen, about, terms_digest, maker, checker, after_seq, request_hash      |
| void      | approval: one that was taken back, which no journal may name                                      |
| closing   | through, last_seq, closed_by; asked_by, where two people took it back                             |
| key       | id, public: a public key by which seals may be signed                                             |
| seal      | day, last_seq, head_hash, trial_sha256, trial_sm3, key_id, signature                              |
| reversed  | seq of a voucher that a later one takes back                                                      |
| journal   | seq, key, request_hash, kind, case_no, accounting_date, at_us, actor_id, evidence, terms_digest,  |
|           | reference, resolves, approval, reverses, prev_hash, hash, entries [[debit, credit, fen]], hold    |
|           | [debit, credit, fen, cap] or null                                                                 |
| stray     | seq, of: an entry or a hold of a voucher that is not there                                        |
| end       | journals: how many there were                                                                     |
"""

from models.books.verification.faults import Fault, sentence
from models.books.verification.files import read_keys, read_rows
from models.books.verification.judging import Verdict, judge
from models.books.verification.seals import OutsideSeal, read_outside_seal

__all__ = ["Fault", "OutsideSeal", "Verdict", "judge", "read_keys", "read_outside_seal", "read_rows", "sentence"]
