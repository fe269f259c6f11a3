"""Rules and dashboard name only what the running services show, and every alert leads to its section of the runbook."""

import json
import re
from pathlib import Path

import httpx
import pytest
import yaml
from tests.support.waiting import until

ROOT = Path(__file__).resolve().parents[2]
OBSERVABILITY = ROOT / "deploy" / "observability"
RULES = [rule for group in yaml.safe_load((OBSERVABILITY / "rules.yaml").read_text())["groups"] for rule in group["rules"]]
PANELS = json.loads((OBSERVABILITY / "dashboard.json").read_text())["panels"]
EXPRESSIONS = {f"rule {rule['alert']}": rule["expr"] for rule in RULES} | {
    f"panel {panel['title']}: {target['refId']}": target["expr"] for panel in PANELS for target in panel.get("targets", ())
}
SERVICES = ("decision", "ingestor", "inventory", "sync-back")
BY_PROMETHEUS = {"up"}
WORDS = {"and", "or", "unless", "bool"}


GROUPING = re.compile(r"\b(?:by|without|on|ignoring)\s*\([^)]*\)")
METRIC = re.compile(r"\b([a-z_:][a-z0-9_:]*)\b(?!\s*\()(\{[^}]*\})?")
JOB = re.compile(r'job=~?"([^"]*)"')


def named(expression: str) -> dict[str, set[str]]:
    """Metric names of an expression, each with the jobs that it asks for (none: any)."""
    found: dict[str, set[str]] = {}
    for name, selector in METRIC.findall(GROUPING.sub(" ", expression)):
        if name not in WORDS:
            job = JOB.search(selector)
            found.setdefault(name, set()).update(job[1].split("|") if job else ())
    return found


@pytest.fixture(scope="module")
def exported(system):
    """Names that each service shows."""
    shown = {}
    for job in SERVICES:
        lines = httpx.get(f"{system.url(job)}/metrics", trust_env=False).raise_for_status().text.splitlines()
        shown[job] = {name for line in lines if line.startswith("# TYPE") for name in _of_type(*line.split()[2:4])}
    return shown


def _of_type(name: str, kind: str) -> set[str]:
    return {f"{name}_bucket", f"{name}_count", f"{name}_sum"} if kind == "histogram" else {name}


@pytest.mark.parametrize("where", EXPRESSIONS)
def test_every_number_that_is_asked_for_is_shown(exported, where):
    for name, jobs in named(EXPRESSIONS[where]).items():
        if name not in BY_PROMETHEUS:
            assert jobs <= set(SERVICES)
            assert any(name in exported[job] for job in jobs or SERVICES), f"{where}: nobody shows {name}"
            assert all(name in exported[job] for job in jobs), f"{where}: not all of {jobs} show {name}"


def test_names_are_found_in_expressions():
    expression = 'sum by (job) (rate(a_total{job="decision", x=~"2."}[5m])) / b_count{job=~"ingestor|sync-back"} > 3 and on () c'
    assert named(expression) == {"a_total": {"decision"}, "b_count": {"ingestor", "sync-back"}, "c": set()}


@pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])
def test_every_alert_leads_to_its_section_of_the_runbook(rule):
    file, _, anchor = rule["annotations"]["runbook"].partition("#")
    headings = [line.lstrip("# ").lower() for line in (ROOT / file).read_text().splitlines() if line.startswith("#")]
    assert anchor == rule["alert"].lower()
    assert anchor in headings


def test_every_alert_is_tested_silent_and_heard():
    tests = yaml.safe_load((OBSERVABILITY / "rules_test.yaml").read_text())["tests"]
    asked = [alert for test in tests for alert in test["alert_rule_test"]]
    names = {rule["alert"] for rule in RULES}
    assert {alert["alertname"] for alert in asked if alert.get("exp_alerts")} == names
    assert {alert["alertname"] for alert in asked if not alert.get("exp_alerts")} == names


async def test_each_event_call_and_decision_of_a_request_has_its_line(system, shop):
    order = await shop.asked(ask={"reason": "changed-mind"})
    request = await order.request()
    await order.approve()
    await order.becomes(state="approved", sync="confirmed", stock="returned")

    def said():
        """What each service wrote of this request."""
        texts = [
            text for file in system.log.rglob("*.log") for text in file.read_text(errors="replace").splitlines() if request["id"] in text
        ]
        lines = [json.loads(text) for text in texts if text.startswith("{")]
        return {(line["service"], line["event"], line.get("action")) for line in lines}

    wanted = {
        ("ingestor", "observed", "CancelRequested"),
        ("decision", "event-handled", "CancelRequested"),
        ("decision", "decided", "approve"),
        ("inventory", "event-handled", "CancelApproved"),
        ("sync-back", "event-handled", "CancelApproved"),
        ("sync-back", "answer", None),
    }
    await until(lambda: wanted <= said(), every=0.2, what=f"a line for each of {wanted}")
