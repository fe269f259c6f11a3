"""Faults on purpose: by chance from a seeded generator, or exactly as scripted."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from sandbox.config import Channel

CallFault = Literal["timeout_before", "timeout_after", "error", "unavailable", "throttle", "slow", "no_effect"]
PushFault = Literal["drop", "duplicate", "delay", "reorder", "lose"]


class BadFaults(ValueError):
    """The body of a faults call names something unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chances:
    """Probabilities from 0 to 1, but for names that end in `_s`: seconds of real time."""

    drop_pushes: float = 0.0
    duplicate_pushes: float = 0.0
    reorder_pushes: float = 0.0
    lose_pushes: float = 0.0
    delay_pushes_s: float = 0.0
    error_rate: float = 0.0
    timeout_before: float = 0.0
    timeout_after: float = 0.0
    throttle: float = 0.0
    slow: float = 0.0
    no_effect: float = 0.0
    slow_s: float = 2.0
    hang_s: float = 30.0


_CHANCES = frozenset(known.name for known in fields(Chances))
_BY_CHANCE: tuple[tuple[str, CallFault], ...] = (
    ("throttle", "throttle"),
    ("error_rate", "error"),
    ("timeout_before", "timeout_before"),
    ("timeout_after", "timeout_after"),
    ("no_effect", "no_effect"),
    ("slow", "slow"),
)


@dataclass(slots=True, kw_only=True)
class Script:
    """One exact fault: the next `times` matching calls (after `skip`) meet it."""

    fault: CallFault | PushFault
    endpoint: str | None = None
    channel: str | None = None
    shop_id: str | None = None
    order_ref: str | None = None
    times: int = 1
    skip: int = 0
    seconds: float | None = None
    code: str | None = None
    message: str | None = None
    http_status: int | None = None

    def matches(self, channel: Channel, endpoint: str, shop_id: str, orders: Iterable[str]) -> bool:
        return (
            self.times > 0
            and self.endpoint in {None, endpoint}
            and self.channel in {None, channel}
            and self.shop_id in {None, shop_id}
            and (self.order_ref is None or self.order_ref in orders)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    kind: CallFault | PushFault
    seconds: float
    code: str | None = None
    message: str | None = None
    http_status: int | None = None


class Faults:
    """What goes wrong next. A setting for an endpoint beats one for a channel beats one for all."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.clear()

    def clear(self) -> None:
        self._random = random.Random(f"faults:{self._seed}")  # noqa: S311 (repeatable on purpose)
        self._layers: dict[str, dict[str, float]] = {}
        self._scripts: list[Script] = []

    def set(self, body: Mapping[str, Any]) -> None:
        """Replace all faults by `body`; BadFaults when a name is unknown."""
        layers = {"": _chances({name: value for name, value in body.items() if name not in {"seed", "channels", "endpoints", "script"}})}
        for group in ("channels", "endpoints"):
            layers |= {name: _chances(values) for name, values in body.get(group, {}).items()}
        scripts = [a_script(entry) for entry in body.get("script", ())]
        self._seed = int(body.get("seed", self._seed))
        self.clear()
        self._layers, self._scripts = layers, scripts

    def add_scripts(self, scripts: Iterable[Script]) -> None:
        self._scripts.extend(scripts)

    def shown(self) -> dict[str, Any]:
        named = {name: values for name, values in self._layers.items() if name}
        script = [{known.name: getattr(entry, known.name) for known in fields(Script)} for entry in self._scripts if entry.times > 0]
        return {"seed": self._seed, **self._layers.get("", {}), "layers": named, "script": script}

    def chances(self, channel: Channel, endpoint: str) -> Chances:
        return Chances(**{**self._layers.get("", {}), **self._layers.get(channel, {}), **self._layers.get(endpoint, {})})

    def of_call(self, channel: Channel, endpoint: str, shop_id: str, orders: Iterable[str] = ()) -> Fault | None:
        """What this call meets, if anything; the script comes first."""
        chances = self.chances(channel, endpoint)
        script = self._scripted(get_args(CallFault), channel, endpoint, shop_id, orders)
        if script:
            default = chances.slow_s if script.fault == "slow" else chances.hang_s
            seconds = default if script.seconds is None else script.seconds
            return Fault(kind=script.fault, seconds=seconds, code=script.code, message=script.message, http_status=script.http_status)
        for name, kind in _BY_CHANCE:
            if self._happens(getattr(chances, name)):
                return Fault(kind=kind, seconds=chances.slow_s if kind == "slow" else chances.hang_s)
        return None

    def of_push(self, channel: Channel, shop_id: str, orders: Iterable[str]) -> tuple[Fault, ...]:
        """All that happens to this push (endpoint `push` in scripts)."""
        chances = self.chances(channel, "push")
        script = self._scripted(get_args(PushFault), channel, "push", shop_id, orders)
        if script:
            return (Fault(kind=script.fault, seconds=1.0 if script.seconds is None else script.seconds),)
        by_chance: tuple[tuple[str, PushFault], ...] = (
            ("drop_pushes", "drop"), ("lose_pushes", "lose"), ("duplicate_pushes", "duplicate"), ("reorder_pushes", "reorder"),
        )  # fmt: skip
        found = [Fault(kind=kind, seconds=1.0) for name, kind in by_chance if self._happens(getattr(chances, name))]
        if chances.delay_pushes_s > 0:
            found.append(Fault(kind="delay", seconds=chances.delay_pushes_s))
        return tuple(found)

    def coin(self) -> bool:
        return self._happens(0.5)

    def _happens(self, chance: float) -> bool:
        return chance > 0 and self._random.random() < chance

    def _scripted(self, kinds: tuple[str, ...], channel: Channel, endpoint: str, shop_id: str, orders: Iterable[str]) -> Script | None:
        for script in self._scripts:
            if script.fault in kinds and script.matches(channel, endpoint, shop_id, orders):
                if script.skip > 0:
                    script.skip -= 1
                    continue
                script.times -= 1
                return script
        return None


def _chances(raw: Mapping[str, Any]) -> dict[str, float]:
    unknown = raw.keys() - _CHANCES
    if unknown:
        raise BadFaults(f"unknown faults: {', '.join(sorted(unknown))}; known: {', '.join(sorted(_CHANCES))}")
    return {name: float(value) for name, value in raw.items()}


def a_script(raw: Mapping[str, Any]) -> Script:
    known = {one.name for one in fields(Script)}
    kinds = (*get_args(CallFault), *get_args(PushFault))
    if raw.keys() - known or raw.get("fault") not in kinds:
        raise BadFaults(f"a script entry has {', '.join(sorted(known))}; fault is one of {', '.join(kinds)}")
    return Script(**raw)
