"""``xuqiao ceiling``: the most that may be lent."""

from typing import Annotated

from typer import Option

from activities.wording import money
from rulebook.cases import ApplicantKind
from rulebook.law.ceiling import ceiling as the_most
from runtime.cli.failures import Exit
from runtime.cli.law.asking import asked
from runtime.cli.law.pack import Overlay, Pack, the_pack, title_of
from runtime.cli.names import member_of
from runtime.cli.options import AsJson
from runtime.cli.output import fields, line, print_json, word
from runtime.cli.values import fen_of


@asked()
def ceiling(
    pack: Pack,
    borrower_kind: Annotated[str, Option("--applicant", metavar="APPLICANT")],
    promised: Annotated[str, Option("--promised", metavar="YUAN")],
    maturing: Annotated[str, Option("--maturing", metavar="YUAN")],
    listed_firm: Annotated[bool, Option("--listed")] = False,
    on_list: Annotated[bool, Option("--on-list")] = False,
    overlay: Overlay = None,
    as_json: AsJson = False,
) -> int:
    kind = member_of("--applicant", ApplicantKind, borrower_kind)
    amounts = fen_of("--promised", promised), fen_of("--maturing", maturing)
    measure = the_pack(pack, overlay)
    most = the_most(kind, *amounts, measure, listed=listed_firm, on_list=on_list)
    if as_json:
        print_json({"ceiling_fen": most.amount_fen, "bound_by": most.bound_by, "citation": most.citation})
        return Exit.WELL
    line(title_of(measure))
    fields(
        (
            ("ceiling", money(most.amount_fen)),
            ("bound_by", word("bound", most.bound_by)),
            ("citation", most.citation),
        )
    )
    return Exit.WELL


# The size class ------------------------------------------------------------------------------------------------
