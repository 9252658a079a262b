"""A fund is opened from its file, whether the servers run or not; the example's only where somebody asks for it."""

import shutil
from pathlib import Path

import pytest
from sqlmodel import Session, select

from models.database import engine_for
from models.funds.funds import Fund
from rulebook.errors import XuqiaoError
from runtime.devstack import Addresses
from runtime.devstack.stack import DevStack
from runtime.serve import open_demonstration_fund
from tests.cli.conftest import EXAMPLES, Cli
from tests.conftest import new_database


@pytest.mark.usefixtures("own_programs")
def test_44_a_fund_is_opened_without_serve_and_nothing_else_is_there(cli: Cli, tmp_path: Path) -> None:
    for name in ("fund.toml", "operator.toml"):
        shutil.copy(EXAMPLES / name, tmp_path / name)
    text = (tmp_path / "fund.toml").read_text(encoding="utf-8")
    (tmp_path / "fund.toml").write_text(text.replace('code = "DH"', 'code = "OWN"'), encoding="utf-8")
    opened = cli("funds", "open", tmp_path / "fund.toml", "--json")
    assert (opened.code, opened.data["fund"]) == (0, "OWN")
    assert "临时启动" in opened.err
    stack = DevStack(tmp_path / "var")
    engine = engine_for(stack.start().app_url, pool_size=1)
    try:
        with Session(engine) as session:
            assert session.exec(select(Fund.code)).all() == ["OWN"]
    finally:
        engine.dispose()
        stack.remove()


def test_44_a_fund_whose_overlay_is_missing_says_which_file(cli: Cli, fund_code: str, tmp_path: Path) -> None:
    text = (EXAMPLES / "fund.toml").read_text(encoding="utf-8")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "fund.toml").write_text(text.replace('code = "DH"', 'code = "OV"'), encoding="utf-8")
    refused = cli("funds", "open", tmp_path / "own" / "fund.toml", "--json")
    assert (refused.code, refused.error["code"]) == (3, "setup.file")
    assert refused.error["params"]["path"].endswith("own/operator.toml")
    assert fund_code in {fund["code"] for fund in cli("funds", "list", "--json").data}


def test_44_the_example_is_not_put_beside_a_true_fund(
    cli: Cli, stack: Addresses, fund_code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = new_database(stack)
    monkeypatch.setenv("XUQIAO_DATABASE__URL", own.app)
    assert cli("funds", "open", tmp_path / "fund.toml").code == 0
    engine = engine_for(own.app, pool_size=1)
    with Session(engine) as session, pytest.raises(XuqiaoError) as refused:
        open_demonstration_fund(session)
    engine.dispose()
    assert (refused.value.code, refused.value.params["funds"]) == ("setup.example_beside", fund_code)
