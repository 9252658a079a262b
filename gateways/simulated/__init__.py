"""A bank for demo, tests and benchmarks: it answers, promises, pays and lends anew by a script, from its own log."""

from gateways.simulated.bank import LoggedPayment, Outgoing, SimulatedBank
from gateways.simulated.script import BankScript, PaymentManner

__all__ = ["BankScript", "LoggedPayment", "Outgoing", "PaymentManner", "SimulatedBank"]
