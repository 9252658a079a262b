"""One error for everything a person did or sent that cannot be taken."""

from collections.abc import Mapping
from typing import Any


class XuqiaoError(Exception):
    """Something was refused. Words are made at the edges, from the code and its parameters.

    Args:
        code: dotted name of the rule that was broken, such as ``act.same_person``; it is also the Temporal
            failure type, the problem type of the API and the message id of the catalogues in ``templates/words``.
        params: the values the sentence needs (which value, which limit, which article), as text.
    """

    def __init__(self, code: str, **params: object) -> None:
        self.code = code
        self.params = {name: str(value) for name, value in params.items()}
        super().__init__(f"{code} {self.params}" if self.params else code)

    def as_data(self) -> dict[str, str | dict[str, str]]:
        """What is kept of an error: in the outcome of an act, as the reason of a refused row, in a program's answer.

        >>> XuqiaoError("act.same_person", person="李敬").as_data()
        {'code': 'act.same_person', 'params': {'person': '李敬'}}
        """
        return {"code": self.code, "params": self.params}

    @staticmethod
    def from_data(kept: Mapping[str, Any] | None) -> "XuqiaoError":
        """The error again of which this was kept; ``act.failed`` where no reason was.

        >>> XuqiaoError.from_data({"code": "act.same_person", "params": {"person": "李敬"}}).params
        {'person': '李敬'}
        """
        if not kept or "code" not in kept:
            return XuqiaoError("act.failed", reason="-")
        return XuqiaoError(kept["code"], **kept.get("params", {}))
