"""A fund's file that is wrong says where, what stands there, and what may."""

from pathlib import Path

import pytest

from activities.words import LANGUAGES, say_error
from rulebook.errors import XuqiaoError
from runtime.seed import read_fund_file
from runtime.settings import checkout

SAMPLE = ((checkout() or Path.cwd()) / "examples" / "fund.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "code", "name"),
    [
        ('roles = ["maker"]', 'roles = ["macher"]', "fund.file_wrong", "person #1.roles #1"),
        ('gateway = "simulated"', "gateway = 7", "fund.file_wrong", "fund.gateway"),
        ("[[person]]\nid", "[[person]]\nidd", "fund.file_unknown", "person #1.idd"),
        ("[measure]\n", "[mesure]\n", "fund.file_unknown", "mesure"),
        ('name = "李敬"\n', "", "fund.file_lacks", "person #1.name"),
    ],
)
def test_54_a_wrong_entry_is_named_as_people_count_and_told_what_may_stand_there(
    tmp_path: Path, old: str, new: str, code: str, name: str
) -> None:
    assert old in SAMPLE, SAMPLE
    file = tmp_path / "fund.toml"
    file.write_text(SAMPLE.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(XuqiaoError) as refused:
        read_fund_file(file)
    assert (refused.value.code, refused.value.params["name"]) == (code, name)
    for lang in LANGUAGES:
        assert name in say_error(refused.value, lang)
    if code == "fund.file_wrong":
        expected = {"fund.gateway": '"…"', "person #1.roles #1": "maker, checker"}[name]
        assert refused.value.params["expected"].startswith(expected)
