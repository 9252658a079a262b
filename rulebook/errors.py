"""One error for everything a person did or sent that cannot be taken."""


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
