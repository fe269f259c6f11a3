"""Who is in the demo: two sellers, and somebody of each with every role that a seller's people have."""

import json

SELLERS = {"seller-a": "Aster Trading", "seller-b": "Birch Toys"}
ROLES = ("viewer", "decider", "admin", "fulfilment", "ops", "service")
NO_SELLERS = frozenset({"ops", "service"})
"""Roles that belong to no seller."""
SEEN_FIRST = ("decider", "admin", "viewer", "fulfilment")
"""In the order in which the log-in page offers them."""


def log_ins() -> str:
    """The setting that lets the page's log-in offer them, as decision takes it."""
    return json.dumps(
        [
            {"user": f"{role}@{seller_id}", "name": f"Demo {role}", "seller_id": seller_id, "seller_name": name, "roles": [role]}
            for seller_id, name in SELLERS.items()
            for role in SEEN_FIRST
        ]
    )
