"""The stack's command: `python -m local_stack --help`."""

import asyncio
import os
import sys
from typing import Annotated

import typer

from local_stack import control, state
from local_stack.failures import Unmet
from local_stack.programs import container_environments, ops_environment
from local_stack.settings import INFRASTRUCTURE, SERVICES, Stack
from local_stack.supervisor import Supervisor

app = typer.Typer(
    help="Kafka, Postgres and all services on this machine.", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
service_app = typer.Typer(help="One program of the running stack.", no_args_is_help=True)
app.add_typer(service_app, name="service")

EVERYTHING = (*INFRASTRUCTURE, "sandbox", *SERVICES)
Names = Annotated[list[str] | None, typer.Argument(help=f"Which programs, of: {', '.join(EVERYTHING)}. Default: all.", show_default=False)]


@app.command()
def run() -> None:
    """Everything from a fresh state, with demo shops and buyers, until Ctrl-C; `RATE` in the environment: orders a minute, 0: no buyers."""
    from local_stack.demo import run as demo  # the stack alone, as tests start it, needs nothing of the demo

    demo.run(Stack(), rate=demo.demo_rate())


@app.command()
def up(names: Names = None) -> None:
    """Start in the background and wait until everything answers; data of earlier runs is kept."""
    stack = Stack()
    control.up(stack, _known(names), progress=control.clocked(typer.echo))
    _print_addresses(stack)


@app.command()
def down() -> None:
    """Stop everything; data is kept."""
    typer.echo("stopped" if control.down(Stack()) else "nothing was running")


@app.command()
def reset() -> None:
    """Stop everything and wipe data, logs and secrets."""
    control.reset(Stack())
    typer.echo("stopped and wiped")


@app.command()
def status() -> None:
    """Say what runs and where; exit code 1 when nothing does."""
    stack = Stack()
    if not state.is_running(stack):
        typer.echo("not running: `make up` starts it")
        raise typer.Exit(1)
    for name, entry in state.read(stack)["programs"].items():
        details = " ".join(f"{key}={value}" for key, value in entry.items() if key != "status")
        typer.echo(f"{name:<10} {entry['status']:<10} port={stack.port(name)} {details}".rstrip())


@app.command()
def token(
    role: Annotated[str, typer.Option(help="viewer, decider, admin, fulfilment, ops or service.")] = "admin",
    seller: Annotated[str, typer.Option(help="Whose rows it may see; nobody's for ops and service.")] = "seller-a",
) -> None:
    """Print a bearer token for this stack's services, good for a week."""
    from local_stack.demo import people, zetpy

    for what, given, known in (("role", role, people.ROLES), ("seller", seller, tuple(people.SELLERS))):
        if given not in known:
            raise Unmet(f"There is no {what} {given}: choose of {', '.join(known)}")
    typer.echo(zetpy.token(Stack(), seller_id=seller, role=role))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})
def ops(words: typer.Context) -> None:
    """Run the operator's command on this stack: `ops lag`, `ops --help`."""
    environment = {name: value for name, value in os.environ.items() if name not in {"KAFKA_URL", "DATABASE_URL"}}
    os.execve(sys.executable, [sys.executable, "-m", "ops", *words.args], environment | ops_environment(Stack()))  # noqa: S606 - becomes it: signals and exit code are its own


@app.command()
def containers_env() -> None:
    """Write what compose's containers are told, a file for each."""
    stack = Stack()
    folder = stack.home / "containers"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, environment in container_environments(stack).items():
        (folder / f"{name}.env").write_text("".join(f"{key}={value}\n" for key, value in environment.items()))
    typer.echo(f"written to {folder}")


@app.command(hidden=True)
def supervise() -> None:
    """Run the supervisor in the foreground (what `up` starts)."""
    stack = Stack()
    _lock = state.hold(stack)
    reason = asyncio.run(Supervisor(stack).run())
    if reason:
        typer.echo(f"error: {reason}", err=True)
    # The lock ends with the process and not before: who finds it free may count on nothing being left.
    sys.stderr.flush()
    os._exit(1 if reason else 0)


@service_app.command("stop")
def service_stop(name: str) -> None:
    """Stop one program and leave it stopped."""
    control.service(Stack(), name, run=False, progress=control.clocked(typer.echo))


@service_app.command("start")
def service_start(name: str) -> None:
    """Start it again and wait until it answers."""
    control.service(Stack(), name, run=True, progress=control.clocked(typer.echo))


def main() -> None:
    """Runs a command; what is missing is said in one line."""
    try:
        app()
    except Unmet as reason:
        typer.echo(f"error: {reason}", err=True)
        sys.exit(1)


def _known(names: list[str] | None) -> list[str]:
    unknown = [name for name in names or [] if name not in EVERYTHING]
    if unknown:
        raise Unmet(f"There is no {', '.join(unknown)}: choose of {', '.join(EVERYTHING)}")
    return names or list(EVERYTHING)


def _print_addresses(stack: Stack) -> None:
    for name, entry in state.read(stack)["programs"].items():
        if entry["status"] == "ready":
            typer.echo(f"  {name:<10} 127.0.0.1:{stack.port(name)}")


if __name__ == "__main__":
    main()
