"""The embedded servers: PostgreSQL and Temporal on loopback, for a laptop, the demo and the tests.

Whoever only asks where they are does not load what starts them: that is ``runtime.devstack.stack``.
"""

from runtime.devstack.state import Addresses, addresses_of

__all__ = ["Addresses", "addresses_of"]
