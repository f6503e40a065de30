"""Alerts ask for numbers that the program reports, and lead to a section that says what to do."""

import json
import re

import chart

OPERATIONS = chart.ROOT / "docs" / "operations.md"
METER = re.compile(r'\.([uif]64)_(counter|gauge|histogram)\("([a-z_.]+)"\)((?:\s*\.with_unit\("(\w+)"\))?)')
UNITS = {"s": "_seconds", "ms": "_milliseconds", None: ""}
# Of Prometheus itself.
OTHERS = {"up"}
# The consumer whose messages are delayed on purpose.
DEADLINES = "order-deadline"


def reported():
    """The names under which /metrics shows what the source measures: with unit, and with the endings of its kind."""
    found = set()
    for folder in ("shared", "services"):
        for path in (chart.ROOT / folder).rglob("src/**/*.rs"):
            for _, kind, name, _, unit in METER.findall(path.read_text()):
                name = name.replace(".", "_") + UNITS[unit or None]
                found |= {"counter": {f"{name}_total"}, "gauge": {name}, "histogram": {f"{name}_{end}" for end in ("bucket", "sum", "count")}}[kind]
    return found


def alerts(name="full"):
    (rule,) = chart.of_kind(chart.render(name), "PrometheusRule")
    return rule["spec"]["groups"][0]["rules"]


def expression(name):
    (found,) = {alert["expr"] for alert in alerts() if alert["alert"] == name}
    return found


def test_the_numbers_are_found_in_the_source():
    assert {"dependency_up", "shard_lag_milliseconds", "event_handled_age_seconds_bucket", "worker_restarts_total"} <= reported()


def test_every_number_an_alert_asks_for_is_reported():
    for alert in alerts():
        names = set(re.findall(r"([a-z_]+)\{", alert["expr"]))
        assert names and names <= reported() | OTHERS, f"{alert['alert']}: {names - reported()}"


def test_every_alert_looks_at_this_release_alone():
    for alert in alerts():
        for selector in re.findall(r"\{([^}]*)\}", alert["expr"]):
            assert 'namespace="shops"' in selector and 'job="nishiki-metrics"' in selector, alert["alert"]


def test_every_alert_has_a_section_and_every_section_an_alert():
    headings = re.findall(r"^### (Shotengai\w+)$", OPERATIONS.read_text(), re.MULTILINE)
    assert len(set(headings)) == len(headings)
    assert {alert["alert"] for alert in alerts()} == set(headings)
    for alert in alerts():
        assert alert["annotations"]["runbook_url"] == f"https://wiki.example.com/operations.md#{alert['alert'].lower()}"
        assert alert["labels"]["severity"] in ("critical", "warning") and alert["annotations"]["summary"]


def test_every_section_says_what_it_means_where_to_look_and_what_cures_it():
    for section in re.split(r"^### ", OPERATIONS.read_text().split("\n## Alerts\n")[1], flags=re.MULTILINE)[1:]:
        assert all(f"**{word}**" in section for word in ("Means", "Look", "Cure")), section.splitlines()[0]


def test_every_role_is_missed_when_it_is_away():
    assert {alert["labels"]["role"] for alert in alerts() if alert["alert"] == "ShotengaiRoleAway"} == set(chart.facts())


def test_reminders_of_deadlines_are_not_late():
    late = expression("ShotengaiEventsLate")
    assert f'consumer!="{DEADLINES}"' in late
    (own,) = (queue for queue in chart.topology()["queues"] if queue["source"] == "own")
    assert own["consumer"] == DEADLINES


def test_a_bound_is_one_that_the_buckets_can_tell():
    # A quantile beyond the last bucket is shown as that bucket's end: above it no alert would ever fire.
    rules = json.loads((chart.CHART / "values.schema.json").read_text())["properties"]["monitoring"]["properties"]["rules"]["properties"]
    for bound, source in (("eventAgeSeconds", "messaging/src/metrics.rs"), ("requestSeconds", "runtime/src/http/state.rs")):
        (found,) = re.findall(r"_BOUNDARIES: \[f64; \d+\] =\s*\[([^\]]+)\]", (chart.ROOT / "shared" / source).read_text())
        buckets = [float(number) for number in found.strip(", \n").split(",")]
        assert (rules[bound]["minimum"], rules[bound]["exclusiveMaximum"]) == (buckets[0], buckets[-1]), bound


def test_every_letter_is_counted_whoever_wrote_it():
    assert re.search(r"sum by \(consumer, reason\) \(increase\(dead_letters_total\{[^}]*\}\[10m\]\)\) > 0", expression("ShotengaiDeadLetters"))
    for writer in ("services/bridge/src", "shared/messaging/src/consumer"):
        assert any("metrics::count_dead_letter(" in path.read_text() for path in (chart.ROOT / writer).rglob("*.rs")), writer


def test_the_sweeper_is_no_news_where_there_is_no_publisher():
    assert not any(alert["alert"] == "ShotengaiSweeperPublishes" for alert in alerts("aws"))


def test_prometheus_finds_the_pods_under_the_name_that_alerts_use():
    documents = chart.render("full")
    (monitor,) = chart.of_kind(documents, "ServiceMonitor")
    service = chart.named(documents, "Service", "nishiki-metrics")
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert {endpoint["port"] for endpoint in monitor["spec"]["endpoints"]} == {port["name"] for port in service["spec"]["ports"]}
    assert monitor["spec"]["podTargetLabels"] == ["app.kubernetes.io/component"]


def test_links_in_the_runbook_lead_somewhere():
    text = OPERATIONS.read_text()
    anchors = {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
    for target in re.findall(r"\]\(([^)]+)\)", text):
        page, _, anchor = target.partition("#")
        assert (anchor in anchors) if not page else (OPERATIONS.parent / page).exists(), target
