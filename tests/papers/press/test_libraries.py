"""What the press needs from the system, and from the other parts of the house."""

import ctypes

import pytest

from activities.papers.press import Press
from activities.papers.press.libraries import PACKAGES, check_libraries
from rulebook.errors import XuqiaoError
from rulebook.law.measure import Measure
from rulebook.law.provisions import Section
from tests.papers.samples import choices_marked


@pytest.mark.parametrize("absent", PACKAGES)
def test_a_missing_library_stops_the_press_with_its_cure(absent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = ctypes.CDLL

    def without(name: str) -> ctypes.CDLL:
        return real(f"{name}.that-is-not-there" if name == absent else name)

    check_libraries()
    monkeypatch.setattr(ctypes, "CDLL", without)
    with pytest.raises(XuqiaoError) as stopped:
        Press()
    assert stopped.value.code == "papers.library_missing"
    assert stopped.value.params["library"] == absent
    assert stopped.value.params["cure"] == f"apt-get install -y --no-install-recommends {PACKAGES[absent]}"


def test_every_choice_a_template_marks_is_one_the_measure_knows(press: Press) -> None:
    known = {
        f"{section}.{key}"
        for section, field in Measure.model_fields.items()
        if isinstance(field.default, Section)
        for key in type(field.default).model_fields
    }
    marked = choices_marked(press)
    assert "deadline.new_loan" in marked
    assert marked - known == {"review_days"}  # no measure sets it yet; whoever draws the paper up says whose it is
