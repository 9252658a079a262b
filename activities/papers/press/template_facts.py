"""Which facts a template speaks of, read from the template itself: a paper carries these and no others.

A template reads a fact as ``d.borrower_name`` and a part of one as ``d.applicant.kind``, or by a name it has given
to the fact (``set a = d.applicant``, ``for each in d.receipts``). Whatever else it does with the facts counts as
speaking of all of them: rather one fact too many in the file than one on paper whose digest does not cover it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from jinja2 import nodes

from rulebook.papers.earlier import EARLIER_NAMES

_FACTS = "d"
_MARK = "own"
_OF_ONE_PART = {"sum", "map"}


@dataclass(frozen=True)
class TemplateFacts:
    """What a template speaks of.

    Attributes:
        facts: by name, the parts of it that are read; None for the whole of it.
        choices: names of values that are marked where they are the operator's own choice; None for any.
        everything: the template does something with the facts that cannot be followed.
    """

    facts: Mapping[str, frozenset[str] | None]
    choices: frozenset[str] | None
    everything: bool = False


def template_facts_of(family: Iterable[nodes.Template]) -> TemplateFacts:
    """What a template speaks of, with all that it extends, imports and includes. A macro counts where it is called.

    >>> from jinja2 import Environment
    >>> page = "{% set a = d.applicant %}{{ a.kind }}{% macro m(d) %}{{ d.maturity }}{% endmacro %}{{ d.bank_name }}"
    >>> template_facts_of([Environment().parse(page)]).facts
    {'applicant': frozenset({'kind'}), 'bank_name': None}
    """
    reader = _Reader(tuple(family))
    reader.read_all()
    facts = {name: frozenset(parts) or None for name, parts in reader.parts.items()}
    return TemplateFacts(
        facts=facts | dict.fromkeys(reader.whole),
        choices=None if reader.any_choice else frozenset(reader.choices),
        everything=reader.everything,
    )


class _Reader:
    """Reads a family of templates once."""

    def __init__(self, family: tuple[nodes.Template, ...]) -> None:
        self.parts: dict[str, set[str]] = {}
        self.whole: set[str] = set()
        self.choices: set[str] = set()
        self.any_choice = self.everything = False
        self._family = family
        self._macros: dict[str, list[nodes.Macro]] = {}
        self._libraries = {each.target for tree in family for each in tree.find_all(nodes.Import)}
        self._names: dict[str, set[str]] = {}
        self._waiting: list[nodes.Macro] = []
        self._read: set[int] = set()
        for tree in family:
            self._learn(tree)

    def _learn(self, tree: nodes.Template) -> None:
        """What is called what: macros, and names that stand for facts."""
        for macro in tree.find_all(nodes.Macro):
            self._macros.setdefault(macro.name, []).append(macro)
        for taken in tree.find_all(nodes.FromImport):
            self.everything |= any(isinstance(name, tuple) for name in taken.names)  # a macro by another name
        named = ((each.target, each.node) for each in tree.find_all(nodes.Assign))
        rows = ((each.target, each.iter) for each in tree.find_all(nodes.For))
        for target, source in (*named, *rows):
            if isinstance(target, nodes.Name) and (fact := _fact(source)):
                self._names.setdefault(target.name, set()).add(fact)

    def read_all(self) -> None:
        """The templates themselves, then every macro they call, and those that these call."""
        for tree in self._family:
            self._walk(tree)
        while self._waiting:
            macro = self._waiting.pop()
            if id(macro) not in self._read:
                self._read.add(id(macro))
                for child in macro.iter_child_nodes():
                    self._walk(child)

    def _walk(self, node: nodes.Node) -> None:
        match node:
            case nodes.Macro():
                return  # it speaks where it is called
            case nodes.Getattr(node=nodes.Getattr() as inner, attr=part) if fact := _fact(inner):
                self._speak(fact, part)
            case nodes.Getattr(node=nodes.Name(name=name), attr=part) if name in self._names:
                for fact in self._names[name]:
                    self._speak(fact, part)
            case nodes.Getattr(node=nodes.Name(name=name), attr=macro) if name in self._libraries:
                self._waiting += self._macros.get(macro, [])
            case nodes.Getattr() if fact := _fact(node):
                self._speak_of_all(fact)
            case nodes.Name(name=name, ctx="load"):
                self._speak_by_name(name)
            case nodes.Assign(target=nodes.Name()) if fact := _fact(node.node):
                self._speak(fact)
            case nodes.For(target=nodes.Name()) if fact := _fact(node.iter):
                self._speak(fact)
                self._walk_all([*node.body, *node.else_, *([node.test] if node.test else [])])
            case nodes.If() if fact := _fact(node.test):
                self._speak(fact)
                self._walk_all([*node.body, *node.elif_, *node.else_])
            case nodes.Test(name="none") if fact := _fact(node.node):
                self._speak(fact)
            case nodes.Filter(name="length") if fact := _fact(node.node):
                self._speak(fact)
            case nodes.Filter(kwargs=[nodes.Keyword(key="attribute", value=nodes.Const(value=str() as part))]) if (
                node.name in _OF_ONE_PART and (fact := _fact(node.node))
            ):
                self._speak(fact, part)
            case nodes.Call():
                self._call(node)
            case _:
                self._walk_all(node.iter_child_nodes())

    def _walk_all(self, several: Iterable[nodes.Node]) -> None:
        for node in several:
            self._walk(node)

    def _speak(self, fact: str, part: str | None = None) -> None:
        fact, part = EARLIER_NAMES.get(fact, (fact, part))
        self.parts.setdefault(fact, set()).update([part] if part else [])

    def _speak_of_all(self, *facts: str) -> None:
        for fact in facts:
            if fact in EARLIER_NAMES:
                self._speak(fact)
            else:
                self.whole.add(fact)

    def _speak_by_name(self, name: str) -> None:
        self.everything |= name == _FACTS
        self._speak_of_all(*self._names.get(name, ()))
        self._waiting += self._macros.get(name, [])

    def _call(self, call: nodes.Call) -> None:
        """A macro may be handed all the facts, as long as it calls them the same."""
        called = call.node
        name = getattr(called, "attr", getattr(called, "name", ""))
        if name == _MARK and isinstance(called, nodes.Name):
            self.choices |= {each.value for each in call.args if isinstance(each, nodes.Const)}
            self.any_choice |= any(not isinstance(each, nodes.Const) for each in call.args)
        macros = self._macros.get(name, [])
        for place, argument in enumerate(call.args):
            same = macros and all(place < len(macro.args) and macro.args[place].name == _FACTS for macro in macros)
            if not (same and isinstance(argument, nodes.Name) and argument.name == _FACTS):
                self._walk(argument)
        others = [call.dyn_args, call.dyn_kwargs]
        self._walk_all([called, *call.kwargs, *(each for each in others if each is not None)])


def _fact(node: nodes.Node | None) -> str | None:
    """The fact that an expression is; None if it is something else."""
    match node:
        case nodes.Getattr(node=nodes.Name(name="d"), attr=fact):
            return str(fact)
        case _:
            return None
