"""The acts of the desk of the books as they are typed: ``xuqiao ledger propose KIND``."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Annotated

from typer import Option

from rulebook.books.acts import (
    BookAct,
    CapitalIn,
    CapitalOut,
    CarryOver,
    Charge,
    Compensate,
    GuarantorIn,
    Interest,
    Payee,
    Recover,
    Refund,
    Reverse,
    Spend,
    Vat,
    VatPaid,
    WriteOff,
)
from runtime.cli.failures import Misuse
from runtime.cli.names import case_no_of
from runtime.cli.options import Amount, Decision, Reason
from runtime.cli.values import fen_of

Reference = Annotated[str, Option("--reference", metavar="REFERENCE")]
OfCase = Annotated[str, Option("--case", metavar="CASE")]
OfCaseOrNot = Annotated[str | None, Option("--case", metavar="CASE")]
Line = Annotated[str | None, Option("--line", metavar="REFERENCE")]
Contributor = Annotated[str, Option("--contributor", metavar="NAME")]
Invoice = Annotated[str, Option("--invoice", metavar="NUMBER")]
Purpose = Annotated[str, Option("--purpose", metavar="TEXT")]
Voucher = Annotated[int, Option("--voucher", metavar="NUMBER", min=1)]
Year = Annotated[int, Option("--year", metavar="YEAR", min=2000, max=2999)]
ToPool = Annotated[str, Option("--to-pool", metavar="YUAN")]
Principal = Annotated[str, Option("--principal", metavar="YUAN")]
Fee = Annotated[str, Option("--fee", metavar="YUAN")]
PayeeName = Annotated[str, Option("--payee-name", metavar="NAME")]
PayeeNumber = Annotated[str, Option("--payee-number", metavar="ACCOUNT")]
PayeeBranch = Annotated[str, Option("--payee-branch", metavar="BANK")]


def _refund(
    amount: Amount,
    payee_name: PayeeName,
    payee_number: PayeeNumber,
    payee_branch: PayeeBranch,
    about_case: OfCaseOrNot = None,
    statement_line: Line = None,
) -> BookAct:
    if (about_case is None) == (statement_line is None):
        raise Misuse("cli.usage.case_or_line")
    payee = _payee(payee_name, payee_number, payee_branch)
    case = None if about_case is None else _case(about_case)
    return Refund(amount_fen=_fen(amount), payee=payee, case_no=case, line=statement_line)


def _spend(amount: Amount, purpose: Purpose) -> BookAct:
    return Spend(amount_fen=_fen(amount), purpose=purpose)


def _write_off(about_case: OfCase, amount: Amount, decision: Decision) -> BookAct:
    return WriteOff(amount_fen=_fen(amount), case_no=_case(about_case), decision=decision)


def _compensate(
    about_case: OfCase,
    amount: Amount,
    payee_name: PayeeName,
    payee_number: PayeeNumber,
    payee_branch: PayeeBranch,
) -> BookAct:
    payee = _payee(payee_name, payee_number, payee_branch)
    return Compensate(amount_fen=_fen(amount), case_no=_case(about_case), payee=payee)


def _capital_out(contributor: Contributor, amount: Amount) -> BookAct:
    return CapitalOut(amount_fen=_fen(amount), contributor=contributor)


def _reverse(voucher_no: Voucher, reason: Reason) -> BookAct:
    return Reverse(voucher=voucher_no, reason=reason)


def _capital_in(contributor: Contributor, amount: Amount, book_reference: Reference) -> BookAct:
    return CapitalIn(amount_fen=_fen(amount), reference=book_reference, contributor=contributor)


def _interest(amount: Amount, book_reference: Reference) -> BookAct:
    return Interest(amount_fen=_fen(amount), reference=book_reference)


def _charge(amount: Amount, book_reference: Reference) -> BookAct:
    return Charge(amount_fen=_fen(amount), reference=book_reference)


def _vat(about_case: OfCase, amount: Amount, invoice: Invoice) -> BookAct:
    return Vat(amount_fen=_fen(amount), case_no=_case(about_case), invoice=invoice)


def _vat_paid(amount: Amount, book_reference: Reference) -> BookAct:
    return VatPaid(amount_fen=_fen(amount), reference=book_reference)


def _guarantor_in(
    about_case: OfCase, book_reference: Reference, principal_part: Principal = "0", fee_part: Fee = "0"
) -> BookAct:
    principal, fee = fen_of("--principal", principal_part), fen_of("--fee", fee_part)
    return GuarantorIn(case_no=_case(about_case), reference=book_reference, principal_fen=principal, fee_fen=fee)


def _recover(about_case: OfCase, amount: Amount, book_reference: Reference) -> BookAct:
    return Recover(amount_fen=_fen(amount), case_no=_case(about_case), reference=book_reference)


def _carry_over(year: Year, to_pool: ToPool = "0") -> BookAct:
    return CarryOver(year=year, to_pool_fen=fen_of("--to-pool", to_pool))


def _fen(amount: str) -> int:
    return fen_of("--amount", amount, least=1)


def _case(typed: str) -> str:
    return case_no_of(typed)


def _payee(name: str, number: str, branch: str) -> Payee:
    digits = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", number))
    return Payee(name=name.strip(), number=digits, branch=branch.strip())


ACTS: Mapping[str, Callable[..., BookAct]] = {
    "refund": _refund,
    "spend": _spend,
    "write-off": _write_off,
    "compensate": _compensate,
    "capital-out": _capital_out,
    "reverse": _reverse,
    "capital-in": _capital_in,
    "interest": _interest,
    "charge": _charge,
    "vat": _vat,
    "vat-paid": _vat_paid,
    "guarantor-in": _guarantor_in,
    "recover": _recover,
    "carry-over": _carry_over,
}
"""What each kind of act takes at the command line, by its name there."""
