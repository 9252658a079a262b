"""``xuqiao packs``: the law as the packs have it, provision by provision."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

from typer import Option

from activities.law.measures import draft, pack_ids
from rulebook.law.activation import Objection, Readiness, readiness
from rulebook.law.comparison import Change, Row, compare, rows
from rulebook.law.measure import Measure
from rulebook.law.schema import pack_schema
from runtime.cli.failures import Exit
from runtime.cli.law.asking import asked
from runtime.cli.law.pack import Overlay, PackArgument, the_pack, title_of
from runtime.cli.law.wording import source_in_words, value_in_words
from runtime.cli.options import AsJson
from runtime.cli.output import line, print_json, say, word
from runtime.cli.tables import table


@asked()
def list_packs(as_json: AsJson = False) -> int:
    packs = [(measure, measure.unset()) for measure in map(draft, pack_ids())]
    if as_json:
        print_json([{**_heading(measure), "complete": not unset, "to_decide": unset} for measure, unset in packs])
        return Exit.WELL
    table(
        ("pack", "city", "document", "since", "until", "complete", "superseded_by"),
        (
            (
                measure.id,
                measure.city,
                measure.document,
                measure.validity.since.value,
                measure.validity.until.value,
                say("law.to_decide", count=len(unset)) if unset else say("law.complete"),
                measure.validity.superseded_by.value,
            )
            for measure, unset in packs
        ),
    )
    return Exit.WELL


@asked()
def show(pack: PackArgument, overlay: Overlay = None, as_json: AsJson = False) -> int:
    measure = the_pack(pack, overlay)
    laid_out = rows(measure)
    if as_json:
        provisions = [each.model_dump(mode="json") for each in laid_out]
        print_json({**_heading(measure), "overlay": measure.overlay, "provisions": provisions})
        return Exit.WELL

    line(title_of(measure))
    for name, _ in measure.sections():
        line()
        line(f"【{word('law.section', name)}】")
        table(
            ("provision", "value", "source"),
            (
                (word("measure", row.name), value_in_words(measure, row), source_in_words(row))
                for row in laid_out
                if row.name.startswith(f"{name}.")
            ),
        )
    return Exit.WELL


@asked()
def check(pack: PackArgument, overlay: Overlay = None, as_json: AsJson = False) -> int:
    measure = the_pack(pack, overlay)
    found = readiness(measure)
    if as_json:
        print_json(
            {
                **_heading(measure),
                "ready": found.ready,
                "to_decide": found.to_decide,
                "silent": found.silent,
                "contradictions": [_objection_as_data(each) for each in found.contradictions],
                "not_carried_out": [_objection_as_data(each) for each in found.not_carried_out],
                "left_to_people": found.left_to_people,
                "not_carried": found.not_carried,
                "operator_choices": measure.operator_choices(),
            }
        )
    else:
        line(title_of(measure))
        _show_readiness(found)
        line()
        line(say("law.check.ready" if found.ready else "law.check.not_ready"))
    return Exit.WELL if found.ready else Exit.REFUSED


@asked()
def diff(
    pack_a: PackArgument,
    pack_b: PackArgument,
    overlay_a: Annotated[Path | None, Option("--overlay-a", metavar="FILE")] = None,
    overlay_b: Annotated[Path | None, Option("--overlay-b", metavar="FILE")] = None,
    as_json: AsJson = False,
) -> int:
    before, after = the_pack(pack_a, overlay_a), the_pack(pack_b, overlay_b)
    found = compare(before, after)
    groups = {"added": found.added, "removed": found.removed, "changed": found.changed}
    if as_json:
        as_data = {name: [_change_as_data(each) for each in changes] for name, changes in groups.items()}
        print_json({"before": _heading(before), "after": _heading(after), **as_data})
        return Exit.WELL
    line(say("law.diff.title", before=title_of(before), after=title_of(after)))
    for name, changes in groups.items():
        _show_changes(name, changes, before, after)
    if not any(groups.values()):
        line(say("law.diff.nothing"))
    return Exit.WELL


def schema(as_json: AsJson = False) -> int:
    """A schema is JSON in any case: ``--json`` only says so."""
    print_json(pack_schema())
    return Exit.WELL


# How it is shown -----------------------------------------------------------------------------------------------


def _heading(measure: Measure) -> dict[str, Any]:
    validity = measure.validity
    return {
        "pack": measure.id,
        "city": measure.city,
        "document": measure.document,
        "since": validity.since.value,
        "until": validity.until.value,
        "superseded_by": validity.superseded_by.value,
    }


def _objection_as_data(objection: Objection) -> dict[str, Any]:
    return {
        "names": objection.names,
        "code": objection.code,
        "because": say(objection.code, **objection.facts),
        "facts": objection.facts,
    }


def _show_readiness(found: Readiness) -> None:
    if found.superseded_by:
        line(say("law.check.superseded", by=found.superseded_by))
    for title, items in (
        ("law.check.to_decide", [_label(name) for name in found.to_decide]),
        ("law.check.contradictions", [say(each.code, **each.facts) for each in found.contradictions]),
        ("law.check.not_carried_out", [say(each.code, **each.facts) for each in found.not_carried_out]),
        ("law.check.left_to_people", [_label(name) for name in found.left_to_people]),
        ("law.check.not_carried", list(found.not_carried)),
        ("law.check.silent", [_label(name) for name in found.silent]),
    ):
        if items:
            line()
            line(say(title, count=len(items)))
            for item in items:
                line(f"  {item}")


def _label(name: str) -> str:
    """A provision in words, with the name under which a pack or an overlay sets it."""
    return say("law.label", provision=word("measure", name), name=name)


def _change_as_data(change: Change) -> dict[str, Any]:
    def side(row: Row) -> dict[str, Any]:
        return row.model_dump(mode="json", include={"value", "source", "citation"})

    return {"name": change.name, "before": side(change.before), "after": side(change.after)}


def _show_changes(title: str, changes: Iterable[Change], before: Measure, after: Measure) -> None:
    def lines() -> Iterator[tuple[str, ...]]:
        for change in changes:
            label = word("measure", change.name)
            for side, measure, row in (("before", before, change.before), ("after", after, change.after)):
                yield label, word("law.diff", side), value_in_words(measure, row), source_in_words(row)

    if not changes:
        return
    line()
    line(f"【{say(f'law.diff.{title}')}】")
    table(("provision", "side", "value", "source"), lines())
