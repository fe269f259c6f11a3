"""Tests shared out among processes."""

from xdist.scheduler import LoadScopeScheduling


class ByFolder(LoadScopeScheduling):
    """What shares a stack, and often a running system, stays with one worker: a folder (`integration/chassis`, `e2e`).

    Tests that share nothing are spread by file. Our own scheduler, and not `--dist loadgroup`: xdist 3.8 keeps groups by changing
    node ids, which pytest 9.2 no longer sees.
    """

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        _, kind, *rest = path.split("/")
        if kind in {"unit", "contracts"}:
            return path
        return f"{kind}/{rest[0]}" if len(rest) > 1 else kind
