"""Where papers reach a party: its address for service (送达地址), for notices and for the papers of a court."""

from rulebook.values import Value


class Reached(Value):
    """Where and through whom a party is reached; None where nobody said so, and then no paper says it.

    Attributes:
        address: 住所, to which papers are delivered.
        contact: 联系人.
        phone: of the contact.
        email: 电子送达地址.
    """

    address: str | None = None
    contact: str | None = None
    phone: str | None = None
    email: str | None = None
