"""Money that came in, and what bears it out: a line of the imported statement, or another person's own look. Pure.

A bank's clerk tells of money on an account that is ours: that is a notice. What is booked on it is provisional.
"""

from datetime import date

from rulebook.values import Value


class ProvisionalReceipt(Value):
    """Money booked on a notice alone.

    Attributes:
        reference: as the books call it.
        amount_fen: what was booked under it, in fen.
        told_by: ids of those who told of it, entered it or verified the entry; none of them bears it out.
        line_fen: what the statement shows instead, in fen; None while it shows nothing.
    """

    reference: str
    amount_fen: int
    told_by: tuple[str, ...] = ()
    line_fen: int | None = None


class ReceiptBasis(Value):
    """What a receipt of a case stands on.

    Attributes:
        reference, amount_fen: as the books have it, in fen.
        booked_on: accounting date.
        line_on, line_row: day and row of the line in the bank's file; None where no imported line shows it.
        line_fen: what the line says, in fen; another amount bears nothing out.
        confirmed_by, confirmed_on, seen: who found it on the account, when, and where he saw it.
        told_by: ids of those who told of it, entered it or verified the entry.
    """

    reference: str
    amount_fen: int
    booked_on: date
    line_on: date | None = None
    line_row: int | None = None
    line_fen: int | None = None
    confirmed_by: str | None = None
    confirmed_on: date | None = None
    seen: str | None = None
    told_by: tuple[str, ...] = ()

    @property
    def on_statement(self) -> bool:
        """Whether a line of the statement shows it, in its whole amount."""
        return self.line_fen is not None and self.line_fen == self.amount_fen

    @property
    def is_provisional(self) -> bool:
        """Whether nothing bears it out; a line of another amount outweighs what a person said before it came."""
        if self.line_fen is not None:
            return not self.on_statement
        return self.confirmed_by is None
