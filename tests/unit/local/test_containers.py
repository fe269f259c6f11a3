"""The container files can't be run here; what they name must exist and agree."""

from pathlib import Path

import pytest
import yaml

from local_stack import programs
from local_stack.settings import SERVICES, Stack

ROOT = Path(__file__).resolve().parents[3]
COMPOSE = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"]
CLUSTER = [document for document in yaml.safe_load_all((ROOT / "deploy" / "kubernetes" / "services.yaml").read_text()) if document]


@pytest.mark.parametrize("name", ["sandbox", *SERVICES])
def test_an_image_is_built_from_members_and_requirements_that_exist(name):
    arguments = COMPOSE[name]["build"]["args"]
    assert (ROOT / "requirements" / f"{arguments['SERVICE']}.txt").is_file()
    packages = [package.parent.name for member in arguments["MEMBERS"].split() for package in (ROOT / member).glob("*/py.typed")]
    assert len(packages) == len(arguments["MEMBERS"].split())
    assert arguments["MODULE"] == packages[-1] == name.replace("-", "_")


@pytest.mark.parametrize("name", SERVICES)
def test_an_image_holds_every_member_that_its_service_depends_on(name):
    members = COMPOSE[name]["build"]["args"]["MEMBERS"].split()
    needed, found = {f"services/{name}"}, set()
    while needed - found:
        member = (needed - found).pop()
        found.add(member)
        lines = [line.strip().strip('",') for line in (ROOT / member / "pyproject.toml").read_text().splitlines()]
        needed |= {f"libs/{line.removeprefix('zetpy-')}" for line in lines if line.startswith("zetpy-")}
    assert set(members) == needed


@pytest.mark.parametrize("name", ["kafka", "postgres", "sandbox", *SERVICES])
def test_each_container_says_whether_it_is_healthy(name):
    assert COMPOSE[name]["healthcheck"]["test"][0] == "CMD"


def test_ports_are_the_same_everywhere_and_never_open_to_the_network():
    for name in ("kafka", "postgres", "sandbox", *SERVICES):
        (port,) = COMPOSE[name]["ports"]
        assert port.startswith("127.0.0.1:")
        assert str(Stack.model_fields[f"{name.replace('-', '_')}_port"].default) in port


@pytest.mark.parametrize("name", SERVICES)
def test_a_deployment_has_probes_a_time_to_stop_and_secrets_by_reference(name):
    (deployment,) = [each for each in CLUSTER if each["kind"] == "Deployment" and each["metadata"]["name"] == name]
    pod = deployment["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["ports"][0]["containerPort"] == Stack.model_fields[f"{name.replace('-', '_')}_port"].default
    assert container["readinessProbe"]["httpGet"]["path"] == "/health/ready"
    assert container["livenessProbe"]["httpGet"]["path"] == "/health/live"
    assert pod["terminationGracePeriodSeconds"] > 10
    assert {"secretRef": {"name": name}} in container["envFrom"]
    assert not [variable for variable in container["env"] if "KEY" in variable["name"] or "URL" in variable["name"]]


def test_a_service_is_told_no_other_services_secrets(tmp_path):
    told = programs.container_environments(Stack(home=tmp_path))
    assert set(told) == {"databases", "sandbox", *SERVICES}
    assert set(told["inventory"]) == {"KAFKA_URL", "AUTH_KEY", "INVENTORY_PORT", "INVENTORY_DATABASE_URL"}
    assert told["sync-back"]["ACCOUNTS_DATABASE_URL"].startswith("postgresql://sync_back:")
    assert told["ingestor"]["ACCOUNTS_DATABASE_URL"].startswith("postgresql://accounts:")
    assert told["sync-back"]["SHOPEE_URL"] == "http://sandbox:8090"
