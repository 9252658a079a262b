"""The embedded servers: PostgreSQL and Temporal on loopback, for a laptop, the demo and the tests."""

from runtime.devstack.stack import DevStack
from runtime.devstack.state import Addresses, addresses_of

__all__ = ["Addresses", "DevStack", "addresses_of"]
