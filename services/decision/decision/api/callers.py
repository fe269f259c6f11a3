"""Who asks: the dependencies of the routes."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path

from chassis.http import Caller, require
from contracts.values import Actor
from decision.api.reading import not_found
from decision.decide import Person

Anyone = Annotated[Caller, Depends(require())]
Viewer = Annotated[Caller, Depends(require("viewer"))]
Decider = Annotated[Caller, Depends(require("decider"))]
Admin = Annotated[Caller, Depends(require("admin"))]
Gate = Annotated[Caller, Depends(require("fulfilment", "viewer"))]


def person(caller: Caller) -> Person:
    """The caller as decisions know him."""
    return Person(caller.seller, Actor(kind="person", id=caller.user, name=caller.name or None))


def known_id(request_id: Annotated[str, Path()]) -> str:
    """An id that no request can have is as unknown as any other."""
    try:
        return str(UUID(request_id))
    except ValueError:
        raise not_found() from None


RequestKey = Annotated[str, Depends(known_id)]
