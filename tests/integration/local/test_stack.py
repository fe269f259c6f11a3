"""The stack without containers: it starts quickly, stops cleanly, leaves nothing behind, and says in one line what is missing."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

import psutil
import pytest
from tests.support.waiting import until_sync

from local_stack import kafka, state
from local_stack.ports import free_ports
from local_stack.settings import Stack

PARENT = """
import sys
from local_stack import control
from local_stack.settings import Stack
with control.running(Stack(), ["kafka", "postgres"]):
    print("running", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def stack(tmp_path, request):
    """A stack of this test alone, wherever `nobody` may go or not, and gone afterwards whatever the test left."""
    own = Stack(home=tmp_path / "stack", engine="native", durable=False, given_kafka_url=None, given_database_url=None).with_free_ports()
    yield own
    pid = state.supervisor(own)
    if pid:
        os.kill(pid, signal.SIGTERM)
        until_sync(lambda: not psutil.pid_exists(pid), seconds=30)
    assert processes_of(own) == []


def command(stack, *arguments, **environment):
    inherited = {name: value for name, value in os.environ.items() if name not in {"KAFKA_URL", "DATABASE_URL"}}
    return {"args": [sys.executable, "-m", "local_stack", *arguments], "env": inherited | stack.environment() | environment}


def run(stack, *arguments, **environment):
    return subprocess.run(**command(stack, *arguments, **environment), capture_output=True, text=True, check=False, timeout=90)


def processes_of(stack):
    """Every process that names the stack's folder, or whose ancestor does."""
    found = []
    for process in psutil.process_iter(["cmdline", "environ"]):
        words = " ".join(process.info["cmdline"] or [])
        if str(stack.home) in words or (process.info["environ"] or {}).get("LOCAL_STACK_HOME") == str(stack.home):
            found.append(words)
    return found


def test_the_second_start_takes_less_than_ten_seconds_and_a_stop_leaves_nothing(stack):
    assert run(stack, "up", "kafka", "postgres").returncode == 0
    assert min(_seconds_of_another_start(stack) for _ in range(3)) < 10  # a busy machine is late now and then, never thrice
    assert kafka.answers(stack.kafka_url)
    run(stack, "reset")
    assert processes_of(stack) == []
    assert not stack.data.exists()


def _seconds_of_another_start(stack):
    assert run(stack, "down").stdout == "stopped\n"
    assert processes_of(stack) == []
    began = time.monotonic()
    again = run(stack, "up", "kafka", "postgres")
    assert again.returncode == 0, again.stderr
    return time.monotonic() - began


def test_nothing_outlives_a_killed_parent(stack):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], env=command(stack)["env"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with parent:
        until_sync(lambda: parent.stdout.readline() == b"running\n", seconds=60)
        parent.kill()
    until_sync(lambda: not processes_of(stack), seconds=20, what="everything of the stack is gone")


def test_nothing_outlives_a_killed_supervisor_and_the_next_start_is_whole(stack):
    assert run(stack, "up", "kafka", "postgres").returncode == 0
    os.kill(state.supervisor(stack), signal.SIGKILL)
    until_sync(lambda: not processes_of(stack), seconds=20, what="everything of the stack is gone")
    assert run(stack, "status").stdout.startswith("not running")
    assert run(stack, "up", "kafka", "postgres").returncode == 0


def test_an_interrupted_start_leaves_nothing(stack):
    starting = subprocess.Popen(**command(stack, "up", "kafka", "postgres"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with starting:
        until_sync(lambda: b"starting" in starting.stdout.readline(), seconds=30)
        starting.send_signal(signal.SIGINT)
    assert starting.returncode != 0
    assert processes_of(stack) == []


def test_a_taken_port_is_said_in_one_line_with_the_fix(stack):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", stack.kafka_port))
        taken.listen()
        failed = run(stack, "up", "kafka", "postgres")
    assert failed.returncode == 1
    assert_one_line(failed.stderr, f"Port {stack.kafka_port} (kafka) is taken by", "LOCAL_STACK_KAFKA_PORT=")
    assert processes_of(stack) == []


def test_all_taken_ports_are_said_at_once(stack):
    with socket.socket() as kafka_taken, socket.socket() as postgres_taken:
        for taken, port in ((kafka_taken, stack.kafka_controller_port), (postgres_taken, stack.postgres_port)):
            taken.bind(("127.0.0.1", port))
            taken.listen()
        failed = run(stack, "up", "kafka", "postgres")
    assert_one_line(failed.stderr, "LOCAL_STACK_KAFKA_CONTROLLER_PORT=", "LOCAL_STACK_POSTGRES_PORT=")


def test_the_coordinators_are_there_when_kafka_is_ready(stack):
    assert run(stack, "up", "kafka").returncode == 0
    assert kafka.coordinates(stack.kafka_url)


def test_missing_java_is_said_in_one_line_with_the_fix(stack, tmp_path):
    failed = run(stack, "up", "kafka", PATH=str(tmp_path))
    assert failed.returncode == 1
    assert_one_line(failed.stderr, "Java is missing", "apt-get install")


def test_old_java_is_said_in_one_line_with_the_fix(stack, tmp_path):
    executable(tmp_path / "java", "#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    failed = run(stack, "up", "kafka", PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert_one_line(failed.stderr, "Java 11 is too old", "Java 17")


def test_missing_maven_is_said_in_one_line_with_the_fix(stack, tmp_path):
    executable(tmp_path / "java", "#!/bin/sh\necho 'openjdk version \"17.0.2\" 2022-01-18' >&2\n")
    failed = run(stack, "up", "kafka", PATH=str(tmp_path), LOCAL_STACK_SOFTWARE=str(tmp_path / "nothing-fetched"))
    assert_one_line(failed.stderr, "Maven is missing", "apt-get install maven")


def test_a_program_that_exits_is_started_again(stack):
    assert run(stack, "up", "postgres").returncode == 0
    first = state.read(stack)["programs"]["postgres"]["pid"]
    os.kill(first, signal.SIGKILL)
    until_sync(lambda: state.read(stack)["programs"]["postgres"].get("pid") not in {first, None}, seconds=20)
    until_sync(lambda: state.read(stack)["programs"]["postgres"]["status"] == "ready", seconds=20)


def test_a_program_that_never_starts_ends_only_itself(stack):
    assert run(stack, "up", "postgres").returncode == 0
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", stack.sandbox_port))
        taken.listen()
        failed = run(stack, "service", "start", "sandbox")
    assert_one_line(failed.stderr, f"Port {stack.sandbox_port} (sandbox) is taken")
    assert state.read(stack)["programs"]["postgres"]["status"] == "ready"


def test_secrets_are_made_up_once_and_readable_by_the_owner_alone(stack):
    assert run(stack, "up", "postgres").returncode == 0
    file = stack.home / "secrets.json"
    before = json.loads(file.read_text())
    assert file.stat().st_mode & 0o777 == 0o600
    run(stack, "down")
    run(stack, "up", "postgres")
    assert json.loads(file.read_text()) == before
    assert len(set(before.values())) == len(before)


def test_free_ports_differ():
    assert len(set(free_ports(20))) == 20


def executable(path, text):
    path.write_text(text)
    path.chmod(0o755)


def assert_one_line(said, *parts):
    assert said.count("\n") == 1, said
    assert said.startswith("error: ")
    assert all(part in said for part in parts), said
