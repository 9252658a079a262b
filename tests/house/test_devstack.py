"""The embedded servers survive being killed, and a killed owner; nothing acknowledged is lost."""

import asyncio
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from sqlmodel import Session
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from models.bootstrap import DatabaseUrls
from models.database import engine_for, plain_url
from models.installation import identity_of
from rulebook.errors import XuqiaoError
from runtime.devstack import Addresses, addresses_of, postgres
from runtime.devstack import stack as stack_module
from runtime.devstack.stack import DevStack
from runtime.devstack.state import choose_ports, end_orphans, started_at, write_state
from runtime.namespace import ensure_one_piece, ensure_retention, ensure_search_attributes
from runtime.temporal import SDK_SETTLES_SECONDS

TOP = Path(__file__).parents[2]


@pytest.fixture
def own_stack(tmp_path: Path) -> Iterator[DevStack]:
    """A stack that this test may kill."""
    stack = DevStack(tmp_path / "var")
    yield stack
    stack.remove()


def rows(url: str) -> int:
    """How many rows survive, asked again until the server is back."""
    until = time.monotonic() + 20
    while True:
        try:
            with psycopg.connect(plain_url(url), connect_timeout=2) as connection:
                found = connection.execute("SELECT count(*) FROM public.kept").fetchone()
                assert found is not None
                return int(found[0])
        except psycopg.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


async def start_workflow(address: str, workflow: str) -> None:
    client = await Client.connect(address)
    await client.start_workflow("Untold", id=workflow, task_queue="nobody")


async def workflow_is_open(address: str, workflow: str) -> bool:
    until = time.monotonic() + 20
    while True:
        try:
            client = await Client.connect(address)
            described = await client.get_workflow_handle(workflow).describe()
            return described.status is not None and described.status.name == "RUNNING"
        except (RPCError, RuntimeError):
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


async def test_both_come_back_on_the_same_port_with_their_data(own_stack: DevStack) -> None:
    found = own_stack.start()
    with psycopg.connect(plain_url(found.owner_url)) as connection:
        connection.execute("CREATE TABLE public.kept (id int)")
        connection.execute("INSERT INTO public.kept SELECT generate_series(1, 1000)")
    await start_workflow(found.temporal_address, "kept")
    before = own_stack.pids()
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    assert rows(found.owner_url) == 1000
    assert await workflow_is_open(found.temporal_address, "kept")
    assert all(own_stack.pids()[name] != pid for name, pid in before.items())
    own_stack.stop()
    assert own_stack.start() == found, "the same folder keeps its ports and passwords"
    assert rows(found.owner_url) == 1000
    assert await workflow_is_open(found.temporal_address, "kept")


OWNER = """
import sys, time
from pathlib import Path
from runtime.devstack.stack import DevStack

stack = DevStack(Path(sys.argv[1]))
stack.start()
print(*stack.pids().values(), flush=True)
time.sleep(600)
"""


def test_the_servers_of_a_killed_owner_are_ended_and_the_next_start_goes_on(
    own_stack: DevStack, tmp_path: Path
) -> None:
    var = tmp_path / "var"
    owner = subprocess.Popen([sys.executable, "-c", OWNER, var], cwd=TOP, stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    pids = [int(pid) for pid in owner.stdout.readline().split()]
    found = addresses_of(var)
    assert found is not None
    with pytest.raises(XuqiaoError, match="stack_running"):
        own_stack.start()
    with psycopg.connect(plain_url(found.owner_url)) as connection:
        connection.execute("CREATE TABLE public.kept (id int)")
        connection.execute("INSERT INTO public.kept VALUES (1)")
    owner.kill()
    owner.communicate()
    assert addresses_of(var) is None
    assert own_stack.start() == found
    assert all(started_at(pid) is None for pid in pids)
    assert rows(found.owner_url) == 1


def test_a_start_that_fails_midway_leaves_nothing_running(
    own_stack: DevStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_url: str) -> None:
        raise OSError("no migration today")

    with monkeypatch.context() as patch:
        patch.setattr(stack_module, "upgrade", broken)
        with pytest.raises(OSError, match="no migration today"):
            own_stack.start()
    assert all(started_at(pid) is None for pid in own_stack.pids().values())
    assert addresses_of(tmp_path / "var") is None
    own_stack.start()
    assert addresses_of(tmp_path / "var") is not None


def test_data_whose_passwords_are_gone_is_set_aside_once_the_histories_are_gone_and_never_deleted(
    own_stack: DevStack, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    found = own_stack.start()
    own_stack.stop()
    (tmp_path / "var" / "passwords.json").unlink()
    with pytest.raises(XuqiaoError) as refused:
        own_stack.start()
    assert refused.value.code == "setup.passwords_gone"
    shutil.rmtree(tmp_path / "var" / "temporal")
    assert own_stack.start().superuser_url != found.superuser_url
    [warning] = [record.getMessage() for record in caplog.records if "earlier stack" in record.getMessage()]
    assert (Path(warning.rpartition(" ")[2]) / "PG_VERSION").read_text().strip() == "18"


def test_an_orphan_is_ended_and_a_stranger_with_its_number_is_not(tmp_path: Path) -> None:
    orphan = subprocess.Popen(["/bin/sleep", "601"])
    stranger = subprocess.Popen(["/bin/sleep", "602"])
    try:
        ports = choose_ports(tmp_path)
        write_state(tmp_path, ports, {"postgres": orphan.pid, "temporal": stranger.pid}, ready=True)
        assert end_orphans(tmp_path, {"postgres": "601", "temporal": "its store"}) == ["postgres"]
        assert orphan.wait(timeout=5) != 0
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_ports_are_kept_unless_taken(tmp_path: Path) -> None:
    first = choose_ports(tmp_path)
    write_state(tmp_path, first, {}, ready=False)
    assert choose_ports(tmp_path) == first
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", first.temporal))
        squatter.listen()
        assert first.temporal not in vars(choose_ports(tmp_path)).values()


def test_secrets_are_for_their_owner_alone_and_servers_for_this_machine_alone(
    own_stack: DevStack, tmp_path: Path
) -> None:
    found = own_stack.start()
    var = tmp_path / "var"
    for name in ("passwords.json", "stack.json"):
        assert stat.S_IMODE((var / name).stat().st_mode) == 0o600
    logs = "".join(path.read_text(errors="replace") for path in (var / "log").iterdir())
    for url in (found.owner_url, found.app_url, found.superuser_url):
        password = url.split(":")[2].partition("@")[0]
        assert len(password) >= 32
        assert password not in logs + repr(found) + (var / "stack.json").read_text()
    for pid in own_stack.pids().values():
        assert {address for address, _port in listening(pid)} == {"127.0.0.1"}


def listening(pid: int) -> set[tuple[str, int]]:
    """Addresses on which a process listens, as the kernel tells."""
    inodes = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        target = os.readlink(entry)
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                address, port = fields[1].split(":")
                packed = bytes.fromhex(address)
                family = socket.AF_INET if table == "tcp" else socket.AF_INET6
                words = b"".join(packed[i : i + 4][::-1] for i in range(0, len(packed), 4))
                found.add((socket.inet_ntop(family, words), int(port, 16)))
    return found


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another account")
def test_as_root_the_server_runs_as_an_account_that_owns_only_its_data(own_stack: DevStack, tmp_path: Path) -> None:
    before = {path: path.stat().st_mode for path in (TOP, *TOP.parents)}
    own_stack.start()
    uid = os.stat(f"/proc/{own_stack.pids()['postgres']}").st_uid
    assert uid not in (0, 65534)
    assert {path: path.stat().st_mode for path in before} == before


async def test_the_namespace_is_prepared_and_preparing_again_changes_nothing(stack: Addresses) -> None:
    client = await Client.connect(stack.temporal_address)
    await ensure_search_attributes(client)
    assert await ensure_retention(client, timedelta(days=3650)) == timedelta(days=3650)
    described = await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace="default"))
    assert described.config.workflow_execution_retention_ttl.ToTimedelta() == timedelta(days=3650)
    listed = await client.operator_service.list_search_attributes(ListSearchAttributesRequest(namespace="default"))
    keyword, moment = (
        IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
        IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
    )
    assert {name: listed.custom_attributes[name] for name in ("CaseNumber", "Fund", "Bank", "Stage", "TaskDue")} == {
        "CaseNumber": keyword,
        "Fund": keyword,
        "Bank": keyword,
        "Stage": keyword,
        "TaskDue": moment,
    }


def test_each_test_process_has_a_database_of_its_own(stack: Addresses, database: DatabaseUrls) -> None:
    assert database.owner != stack.owner_url


def test_without_the_wheel_nothing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "_PACKAGE", "no_such_wheel")
    monkeypatch.setattr(postgres, "SYSTEM_ROOT", tmp_path / "system")
    with pytest.raises(XuqiaoError) as refused:
        postgres.server(tmp_path)
    assert refused.value.code == "setup.no_postgres_wheel"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("own_programs")
def test_42_a_moved_folder_finds_its_data_and_another_in_its_old_place_does_not(tmp_path: Path) -> None:
    first = DevStack(tmp_path / "var")
    with psycopg.connect(plain_url(first.start().owner_url)) as connection:
        connection.execute("CREATE TABLE public.kept (id int)")
        connection.execute("INSERT INTO public.kept VALUES (1)")
    first.stop()
    (tmp_path / "var").rename(tmp_path / "elsewhere")
    moved, anew = DevStack(tmp_path / "elsewhere"), DevStack(tmp_path / "var")
    try:
        with psycopg.connect(plain_url(anew.start().owner_url)) as connection:
            assert connection.execute("SELECT to_regclass('public.kept')").fetchone() == (None,)
        anew.stop()
        assert rows(moved.start().owner_url) == 1
    finally:
        moved.remove()
        anew.remove()


def test_42_histories_are_not_given_another_database(own_stack: DevStack, tmp_path: Path) -> None:
    own_stack.start()
    own_stack.stop()
    var = tmp_path / "var"
    data = postgres.home_of(var) / "data"
    data.rename(data.with_name("lost"))
    with pytest.raises(XuqiaoError) as refused:
        own_stack.start()
    assert (refused.value.code, refused.value.params["data"]) == ("setup.data_gone", str(data))
    data.with_name("lost").rename(data)
    own_stack.start()


@pytest.mark.skipif(
    os.geteuid() != 0, reason="only for root data lie outside the folder, where a copy would share them"
)
def test_42_a_copied_folder_does_not_share_its_database(own_stack: DevStack, tmp_path: Path) -> None:
    own_stack.start()
    own_stack.stop()
    shutil.copytree(tmp_path / "var", tmp_path / "copy")
    with pytest.raises(XuqiaoError) as refused:
        DevStack(tmp_path / "copy").start()
    assert refused.value.code == "setup.copied_folder"
    assert refused.value.params["original"] == str(tmp_path / "var")


async def test_42_records_and_histories_of_two_installations_are_not_started_together(
    own_stack: DevStack,
) -> None:
    found = own_stack.start()
    client = await Client.connect(found.temporal_address)
    engine = engine_for(found.app_url, pool_size=1)
    with Session(engine) as session:
        records = identity_of(session)
    engine.dispose()
    assert records.open_story is None

    with pytest.raises(XuqiaoError) as refused:
        await ensure_one_piece(client, records._replace(open_story="renewal/DH/DH-2026-00001-8"))
    assert refused.value.code == "setup.histories_gone"
    await client.start_workflow("Untold", id="renewal/DH/DH-2026-00001-8", task_queue="nobody")
    await ensure_one_piece(client, records._replace(open_story="renewal/DH/DH-2026-00001-8"))
    await ensure_one_piece(client, records._replace(open_story="renewal/DH/DH-2026-00009-9"))  # claimed once for all
    with pytest.raises(XuqiaoError) as refused:
        await ensure_one_piece(client, records._replace(id="another"))
    assert (refused.value.code, refused.value.params["histories"]) == ("setup.other_installation", records.id)
    await asyncio.sleep(SDK_SETTLES_SECONDS)
