"""The group ``ledger``: what accountants and auditors ask of the books.

Its commands stand in modules of their own, one subject each; here they get their names, in the order of the help.
"""

from typer import Typer

from runtime.cli.manual import Group

app = Typer(cls=Group, no_args_is_help=True, add_completion=False)

# ledger_reports: trial-balance, statement, voucher, report.
# ledger_statement: the bank's statement, reconcile.
# ledger_desk: what two people allow; seal, close.
# ledger_verify: verify, export.
#
# Each line: app.command("name", cls=Command)(module.function)
