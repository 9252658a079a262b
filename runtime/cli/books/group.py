"""The group ``ledger``: what accountants and auditors ask of the books.

Its commands stand in modules of their own, one subject each; here they get their names, in the order of the help.
"""

from typer import Typer

from runtime.cli.books import desk as ledger_desk
from runtime.cli.books import reports as ledger_reports
from runtime.cli.books import statement as ledger_statement
from runtime.cli.books import verification as ledger_verify
from runtime.cli.manual import Command, Group

app = Typer(cls=Group, no_args_is_help=True, add_completion=False)

app.command("trial-balance", cls=Command)(ledger_reports.trial_balance)
app.command("statement", cls=Command)(ledger_reports.statement)
app.command("voucher", cls=Command)(ledger_reports.voucher)
app.command("report", cls=Command)(ledger_reports.report)
app.command("import-statement", cls=Command)(ledger_statement.import_statement)
app.command("suspense", cls=Command)(ledger_statement.suspense)
app.command("match", cls=Command)(ledger_statement.match_line)
app.command("reconcile", cls=Command)(ledger_statement.reconcile)
app.command("differences", cls=Command)(ledger_statement.differences)
app.command("explain", cls=Command)(ledger_statement.explain)
app.command("seal", cls=Command)(ledger_verify.seal)
app.command("close", cls=Command)(ledger_verify.close)
app.command("verify", cls=Command)(ledger_verify.verify)
app.command("export", cls=Command)(ledger_verify.export)

ledger_desk.add_desk(app)
