"""Child processes: stopped with all that they started, killed when they don't listen, never root where root is refused."""

import os
import time

import psutil
import pytest
from tests.support.waiting import until

from local_stack.children import Command, spawn, stop


async def said(log):
    return await until(lambda: log.is_file() and log.read_text().strip())


async def test_a_stopped_process_takes_its_own_children_along(tmp_path):
    command = Command(argv=["/bin/sh", "-c", "sleep 600 & echo $!; wait"])
    process = await spawn(command, log=tmp_path / "log")
    grandchild = int(await said(tmp_path / "log"))
    await stop(process, command)
    await until(lambda: not psutil.pid_exists(grandchild))


async def test_a_process_that_does_not_listen_is_killed_after_its_grace(tmp_path):
    command = Command(argv=["/bin/sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 1; done"], grace_seconds=0.2)
    process = await spawn(command, log=tmp_path / "log")
    await said(tmp_path / "log")
    began = time.monotonic()
    await stop(process, command)
    assert process.returncode == -9
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("account", ["nobody", "namespace"] if os.geteuid() == 0 else ["own"])
async def test_what_refuses_root_sees_another_account(tmp_path, account):
    command = Command(argv=["id", "-u"], account=account)
    process = await spawn(command, log=tmp_path / "log")
    assert int(await said(tmp_path / "log")) != 0
    await stop(process, command)


async def test_a_long_log_makes_room(tmp_path, monkeypatch):
    monkeypatch.setattr("local_stack.children.LOG_BYTES", 3)
    (tmp_path / "x.log").write_text("long ago")
    process = await spawn(Command(argv=["echo", "now"]), log=tmp_path / "x.log")
    await process.wait()
    assert (tmp_path / "x.log").read_text() == "now\n"
    assert (tmp_path / "x.old.log").read_text() == "long ago"
