"""Kafka and Postgres in containers, when a Docker engine answers."""

import functools
import os
import shutil
import subprocess

from local_stack.children import Command
from local_stack.failures import Unmet
from local_stack.settings import REPOSITORY, Stack

COMPOSE = REPOSITORY / "deploy" / "compose.yaml"


def chosen(stack: Stack) -> bool:
    """Whether this stack's Kafka and Postgres are containers."""
    match stack.engine:
        case "native":
            return False
        case "docker":
            if not engine_answers():
                raise Unmet(
                    "No Docker engine answers: start it, or leave LOCAL_STACK_ENGINE unset to run Kafka and Postgres without containers"
                )
            return True
        case "auto":
            return engine_answers()


@functools.cache
def engine_answers() -> bool:
    """Whether an engine, not only the client, is there, and can do compose."""
    docker = shutil.which("docker")
    if docker is None:
        return False
    questions = ([docker, "version", "--format", "{{.Server.Version}}"], [docker, "compose", "version"])
    try:
        return all(subprocess.run(each, capture_output=True, timeout=5, check=False).returncode == 0 for each in questions)
    except (OSError, subprocess.TimeoutExpired):
        return False


def command(stack: Stack, service: str) -> Command:
    """`docker compose up` in the foreground for one service; it stops the container when it is told to stop."""
    argv = [
        "docker",
        "compose",
        "--file",
        str(COMPOSE),
        "--project-name",
        f"zetpy-{stack.kafka_port}",
        "up",
        "--no-deps",
        "--no-color",
        service,
    ]
    env = os.environ | {"KAFKA_PORT": str(stack.kafka_port), "POSTGRES_PORT": str(stack.postgres_port)}
    return Command(argv=argv, env=env, grace_seconds=30)


def remove(stack: Stack) -> None:
    """Removes this stack's containers and their data."""
    argv = ["docker", "compose", "--file", str(COMPOSE), "--project-name", f"zetpy-{stack.kafka_port}", "down", "--volumes"]
    subprocess.run(argv, capture_output=True, check=False)
