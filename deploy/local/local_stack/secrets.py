"""Made-up secrets of one stack: new for each fresh stack, the same for its life."""

import base64
import json
import os
import secrets as random

from local_stack.settings import Stack

DATABASES = ("ingestor", "decision", "inventory", "sync_back", "accounts", "ops")
GUESTS = {"accounts": ("sync_back", "ops")} | dict.fromkeys(("ingestor", "decision", "inventory", "sync_back"), ("ops",))
"""Who else may enter a database, and see there what its owner grants."""


def of(stack: Stack) -> dict[str, str]:
    """Reads the stack's secrets, and makes those that are missing; readable by the owner alone."""
    file = stack.home / "secrets.json"
    known: dict[str, str] = json.loads(file.read_text()) if file.is_file() else {}
    complete = _fresh() | known
    if complete != known:
        stack.home.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(".unfinished")
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            json.dump(complete, out, indent=2)
        unfinished.rename(file)
    return complete


def password(of_stack: dict[str, str], database: str) -> str:
    return of_stack[f"PASSWORD_{database.upper()}"]


def _fresh() -> dict[str, str]:
    passwords = {f"PASSWORD_{name.upper()}": random.token_urlsafe(24) for name in DATABASES}
    return passwords | {
        "AUTH_KEY": random.token_urlsafe(48),
        "ACCOUNTS_KEY": base64.b64encode(random.token_bytes(32)).decode(),
        "SHOPEE_PARTNER_ID": str(2_000_000 + random.randbelow(1_000_000)),
        "SHOPEE_PARTNER_KEY": random.token_hex(32),
        "SHOPEE_PUSH_KEY": random.token_hex(32),
        "TIKTOK_APP_KEY": random.token_hex(6),
        "TIKTOK_APP_SECRET": random.token_hex(20),
        "TIKTOK_SERVICE_ID": str(7_400_000_000_000_000_000 + random.randbelow(10**17)),
    }
