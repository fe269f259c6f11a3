"""The operator's command as tests call it: in this process, with an output of its own."""

import asyncio
import io
import json
from dataclasses import dataclass
from typing import Any

from ops.cli import main
from ops.desk import Desk
from ops.settings import Settings


@dataclass(frozen=True, slots=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


class Operator:
    """`await operator("lag")` gives what was said; `await operator.sees("lag")` its JSON, and fails when the command did."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    async def __call__(self, *words: str) -> Said:
        return await asyncio.to_thread(self._run, words)

    async def sees(self, *words: str, code: int = 0) -> Any:
        said = await self(*words, "--json")
        assert said.code == code, said
        return said.document

    def _run(self, words: tuple[str, ...]) -> Said:
        out, err = io.StringIO(), io.StringIO()
        code = main(words, desk=Desk(out=out, err=err, given=self.settings))
        return Said(code, out.getvalue(), err.getvalue())
