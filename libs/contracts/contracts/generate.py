"""`python -m contracts.generate`: the schemas and the AsyncAPI document from the types; `--check` says what is stale or breaks a promise.

`--release` freezes the promise: what is released may only grow by optional fields and values of open lists.
"""

import argparse
import ast
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from contracts import asyncapi
from contracts.compatibility import ADVICE, broken_promises, broken_topics, topic_promises
from contracts.schemas import Schema, data_schema, envelope_schema, event_classes
from contracts.topics import EVENT_TYPES, TOPICS

PACKAGE = Path(__file__).parent
EXAMPLES = PACKAGE / "examples"
SCHEMAS = PACKAGE.parent / "schemas"
RELEASED = PACKAGE.parent / "released"
ASYNCAPI = PACKAGE.parent / "asyncapi.json"


def main(arguments: list[str] | None = None) -> int:
    """Write everything, or with `--check` nothing; the exit code is 1 when something is stale or broken."""
    parser = argparse.ArgumentParser(prog="python -m contracts.generate", description=__doc__)
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="write nothing, fail when something is stale or breaks a released version")
    mode.add_argument("--release", action="store_true", help="freeze the present schemas as the released ones")
    options = parser.parse_args(arguments)
    files = generated()
    problems = [f"stale: {path}; `make schemas` writes it" for path in stale(files)] if options.check else []
    promises = broken()
    if not options.check:
        write(files)
    if options.release and not promises:
        release()
    for problem in [*problems, *promises, *([ADVICE] if promises else [])]:
        print(problem, file=sys.stderr)  # noqa: T201 -- a command talks to its caller
    return 1 if problems or promises else 0


def generated() -> dict[Path, str]:
    """Every generated file with its text."""
    documents = {SCHEMAS / f"{slug}.json": schema for slug, schema in current_schemas().items()}
    return {path: _text(each) for path, each in (documents | {ASYNCAPI: _asyncapi()}).items()}


def stale(files: Mapping[Path, str]) -> list[Path]:
    """The generated files that are missing, differ, or should not be there."""
    differing = [path for path, text in files.items() if not path.exists() or path.read_text("utf-8") != text]
    return sorted([*differing, *_left_over(files)])


def write(files: Mapping[Path, str]) -> None:
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    for path in _left_over(files):
        path.unlink()


def broken() -> list[str]:
    """What the present types and topics break of what was released."""
    topics = RELEASED / "topics.json"
    return [
        *broken_promises({path.parent.name: _read(path) for path in sorted(RELEASED.glob("*/schema.json"))}, current_schemas()),
        *(broken_topics(_read(topics), topic_promises(TOPICS)) if topics.exists() else ()),
    ]


def release() -> None:
    """Freeze schemas, topics and examples. An example that was released stays as it is: old events must be readable for ever."""
    files = {RELEASED / slug / "schema.json": _text(schema) for slug, schema in current_schemas().items()}
    files[RELEASED / "topics.json"] = _text(topic_promises(TOPICS))
    for example in EXAMPLES.glob("*/*.json"):
        kept = RELEASED / example.relative_to(EXAMPLES)
        if not kept.exists():
            files[kept] = example.read_text("utf-8")
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def current_schemas() -> dict[str, Schema]:
    """The schemas by slug: one of each event's data, and the envelope's."""
    notes = field_notes()
    return {"envelope.v1": envelope_schema(), **{kind.slug: data_schema(kind, notes) for kind in EVENT_TYPES.values()}}


def field_notes() -> dict[str, dict[str, str]]:
    """Per class and field the text that follows the field in the source, inherited fields included."""
    own = dict(each for path in sorted(PACKAGE.glob("*.py")) for each in _notes_in(ast.parse(path.read_text("utf-8"))))
    return {
        kind.__name__: {field: note for base in reversed(kind.__mro__) for field, note in own.get(base.__name__, {}).items()}
        for kind in event_classes()
    }


def _notes_in(module: ast.Module) -> Iterator[tuple[str, dict[str, str]]]:
    for kind in (each for each in module.body if isinstance(each, ast.ClassDef)):
        notes = {}
        for field, follower in zip(kind.body, kind.body[1:], strict=False):
            match field, follower:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(note))):
                    notes[name] = note
                case _:
                    pass
        yield kind.name, notes


def _asyncapi() -> dict[str, Any]:
    return asyncapi.document(field_notes(), {slug: _read(EXAMPLES / slug / "fullest.json") for slug in _slugs()})


def _slugs() -> list[str]:
    return [kind.slug for kind in EVENT_TYPES.values()]


def _left_over(files: Mapping[Path, str]) -> list[Path]:
    return [path for path in SCHEMAS.glob("*.json") if path not in files]


def _read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def _text(document: Any) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
