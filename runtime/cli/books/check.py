"""``xuqiao books check``: what is wrong with the books, if anything."""

from activities.books.statement.taking_in import late_payments
from models.books.check import find_faults
from models.cases import reads
from runtime.cli.failures import Exit
from runtime.cli.office import Office
from runtime.cli.options import AsJson, Fund
from runtime.cli.output import line, print_json, say


def check(fund: Fund = None, as_json: AsJson = False) -> int:
    found: dict[str, list[str]] = {}
    with Office() as office:
        with office.begin() as session:
            codes = [office.the_fund(session, fund)] if fund else [each.code for each in reads.funds(session)]
        for code in codes:
            with office.begin() as session:
                found[code] = [say(fault.code, **fault.params) for fault in find_faults(session, code)]
            with office.begin() as session:
                late = late_payments(session, code)
                found[code] += [say("cli.books.late_payment", line=name, case=case) for name, case in late.items()]
    good = not any(found.values())
    if as_json:
        print_json({"good": good, "books": [{"fund": code, "faults": faults} for code, faults in found.items()]})
    else:
        for code, faults in found.items():
            line(say("cli.books.wrong" if faults else "cli.books.right", fund=code, count=len(faults)))
            for fault in faults:
                line(f"  {fault}")
    return Exit.WELL if good else Exit.NOT_AS_EXPECTED
