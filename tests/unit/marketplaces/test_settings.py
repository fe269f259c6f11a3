"""What can't be set."""

import os
import subprocess
import sys

import pytest


def test_a_call_ends_before_the_lease_that_it_is_made_under(settings):
    assert settings.under_lease("SYNC_BACK_LEASE_SECONDS", 0.6) is settings
    with pytest.raises(ValueError, match=r"MARKETPLACE_TIMEOUT_SECONDS=0.5 must be shorter than SYNC_BACK_LEASE_SECONDS=0.5"):
        settings.under_lease("SYNC_BACK_LEASE_SECONDS", 0.5)


@pytest.mark.parametrize(("module", "prefix"), [("ingestor", "INGESTOR"), ("sync_back", "SYNC_BACK")])
def test_a_service_does_not_begin_with_a_lease_that_is_shorter_than_a_call(settings, module, prefix):
    told = {name.upper(): getattr(value, "get_secret_value", lambda value=value: value)() for name, value in settings if value}
    told |= {
        "MARKETPLACE_TIMEOUT_SECONDS": 8,
        f"{prefix}_LEASE_SECONDS": 7,
        f"{prefix}_DATABASE_URL": "postgresql://nowhere",
        "AUTH_KEY": "k" * 32,
    }
    environment = os.environ | {name: str(value) for name, value in told.items()}
    run = subprocess.run([sys.executable, "-m", module], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 1
    assert f"MARKETPLACE_TIMEOUT_SECONDS=8 must be shorter than {prefix}_LEASE_SECONDS=7" in run.stderr
