"""What the fund asks of a bank, whatever the way: its opinion, and payments that happen once."""

from datetime import date
from typing import Protocol

from pydantic import Field

from rulebook.books.payments import PaymentReport
from rulebook.values import Value


class BankUnreachable(Exception):
    """No answer came. Worth another try; but a payment may have been made: ask before sending it again.

    Not a XuqiaoError on purpose: those are final, this one is retried.
    """

    code = "bank.unreachable"

    def __init__(self, bank: str, key: str) -> None:
        self.params = {"bank": bank, "key": key}
        super().__init__(f"{self.code} {self.params}")


class OpinionRequest(Value):
    """The fund asks what the bank can do with a maturing loan.

    Attributes:
        key: fund/case/opinion, with a number when the bank is asked again; asking twice asks once.
        applicant_name: the borrower as the bank knows it.
        loan_note: the bank's own number of the loan (借据号).
        balance_fen: the principal that falls due, in fen.
        asked_fen: the bridge the borrower asks for, in fen.
    """

    key: str
    case_no: str
    fund: str
    bank: str
    applicant_name: str
    loan_note: str
    balance_fen: int = Field(gt=0)
    maturity: date
    asked_fen: int = Field(ge=0)


class PaymentOrder(Value):
    """One payment out of the ring-fenced account to the registered repayment account of a case.

    Attributes:
        key: fund/case/disburse, with a number for a second attempt; the bank pays a key once.
        payee_account: matched by number, never by name alone.
    """

    key: str
    case_no: str
    fund: str
    bank: str
    loan_note: str
    amount_fen: int = Field(gt=0)
    payee_name: str
    payee_account: str
    payee_branch: str


class BankGateway(Protocol):
    """The way to one or more banks.

    Attributes:
        by_hand: it is people who move the money, and what they note is all that the gateway knows.
    """

    @property
    def by_hand(self) -> bool: ...

    def ask_opinion(self, request: OpinionRequest) -> None:
        """Ask once, by key; the answer comes later as a message.

        Raises:
            BankUnreachable: not known whether the bank has it; ask again with the same key.
        """

    def ready(self, order: PaymentOrder) -> None:
        """Tell whether the bank can be spoken to now; asked before the intent of a payment stands.

        Raises:
            BankUnreachable: not now; nothing was sent, and it is tried again.
        """

    def send(self, order: PaymentOrder) -> PaymentReport:
        """Have a payment made, at most once by key.

        Raises:
            BankUnreachable: the payment's fate is unknown; ``ask`` before sending again.
            XuqiaoError: ``bank.key_conflict`` when the key stands for another payment.
        """

    def ask(self, order: PaymentOrder) -> PaymentReport:
        """What became of a payment; moves no money.

        Raises:
            BankUnreachable: no answer.
        """
