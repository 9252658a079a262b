"""``xuqiao banks``: the partner banks of a fund, and what is proposed to change of them."""

from typing import Annotated

from typer import Argument, Option

from activities.funds.changes import propose_bank
from activities.wording import masked, money, plain
from models.funds.banks import banks_of
from rulebook.applications import PartnerBank
from rulebook.money import format_yuan
from runtime.cli.failures import Exit
from runtime.cli.funds.changes import proposed
from runtime.cli.office import Office
from runtime.cli.options import Address, AsJson, AsUser, Contact, Email, Fund, Phone, Reason
from runtime.cli.output import note, print_json
from runtime.cli.tables import table
from runtime.cli.values import day_if_typed, day_of, fen_of

BankCode = Annotated[str, Argument(metavar="CODE")]
RegisteredName = Annotated[str, Option("--name", metavar="NAME")]
Agreement = Annotated[str, Option("--agreement", metavar="NUMBER")]
AgreementFrom = Annotated[str, Option("--from", metavar="DATE")]
AgreementUntil = Annotated[str | None, Option("--until", metavar="DATE")]
BankAlias = Annotated[list[str] | None, Option("--alias", metavar="NAME")]
BankBranch = Annotated[list[str] | None, Option("--branch", metavar="NAME")]
BankAccount = Annotated[str | None, Option("--account", metavar="NUMBER")]
BankUscc = Annotated[str | None, Option("--uscc", metavar="CODE")]
BankCeiling = Annotated[str | None, Option("--ceiling", metavar="YUAN")]


def list_banks(fund: Fund = None, as_json: AsJson = False) -> int:
    """The register: names, agreement, ceiling and days."""
    with Office() as office, office.begin() as session:
        found = banks_of(session, office.the_fund(session, fund))
    if as_json:
        print_json(
            [
                {
                    **plain(each),
                    "account_number": each.account_number and masked(each.account_number),
                    "ceiling_yuan": each.ceiling_fen and format_yuan(each.ceiling_fen),
                }
                for each in found
            ]
        )
        return Exit.WELL
    table(
        ("bank_code", "bank", "aliases", "branches", "account", "agreement", "ceiling", "from_day", "until_day"),
        (
            (
                each.code,
                each.name,
                "、".join(each.aliases),
                "、".join(each.branches),
                each.account_number and masked(each.account_number),
                each.agreement,
                money(each.ceiling_fen),
                each.valid_from,
                each.valid_until,
            )
            for each in found
        ),
        right=("ceiling",),
    )
    return Exit.WELL


def set_bank(
    bank_code: BankCode,
    registered_name: RegisteredName,
    agreement: Agreement,
    agreement_from: AgreementFrom,
    as_user: AsUser,
    reason: Reason,
    fund: Fund = None,
    agreement_until: AgreementUntil = None,
    bank_alias: BankAlias = None,
    bank_branch: BankBranch = None,
    bank_account: BankAccount = None,
    bank_ceiling: BankCeiling = None,
    bank_uscc: BankUscc = None,
    address: Address = None,
    contact: Contact = None,
    phone: Phone = None,
    email: Email = None,
    as_json: AsJson = False,
) -> int:
    """Propose a bank of the register, or other words for one that is there; another person approves it."""
    bank = PartnerBank(
        code=bank_code,
        name=registered_name,
        aliases=tuple(bank_alias or ()),
        branches=tuple(bank_branch or ()),
        account_number=bank_account,
        uscc=bank_uscc,
        address=address,
        contact=contact,
        phone=phone,
        email=email,
        agreement=agreement,
        ceiling_fen=fen_of("--ceiling", bank_ceiling, least=1) if bank_ceiling is not None else None,
        valid_from=day_of("--from", agreement_from),
        valid_until=day_if_typed("--until", agreement_until),
    )
    note("cli.unauthenticated")
    with Office() as office, office.desk() as session:
        number = propose_bank(session, office.the_fund(session, fund), bank, reason=reason, by=as_user)
    return proposed(number, as_json)
