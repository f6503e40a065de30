"""Alerts ask for numbers that the program reports, and lead to a section that says what to do."""

import json
import re

import chart

OPERATIONS = chart.ROOT / "docs" / "operations.md"
# Of Prometheus itself.
OTHERS = {"up"}
# What Prometheus puts on every series of a pod.
OF_THE_SCRAPE = {"namespace", "job", "pod", "instance", "app_kubernetes_io_component"}
# The consumer whose messages are delayed on purpose.
DEADLINES = "order-deadline"


def figures():
    """The figures that the program declares, by the name under which Prometheus sees them."""
    return {figure["prometheus"]: figure for figure in chart.described()["metrics"]}


def figure_of(series):
    """The figure of a series: a histogram has three."""
    known = figures()
    if series in known and known[series]["kind"] != "histogram":
        return known[series]
    stem = re.sub(r"_(bucket|sum|count)$", "", series)
    return known.get(stem) if stem != series and stem in known and known[stem]["kind"] == "histogram" else None


def misnamed(expression):
    """What an expression asks for that the program doesn't show: series, and labels of series that it does."""
    wrong = set()
    asked = set()
    for series, selector in re.findall(r"\b([a-z][a-z_]*[a-z])\{([^}]*)\}", expression):
        if series in OTHERS:
            known = {"instance"}
        elif (figure := figure_of(series)) is None:
            wrong.add(series)
            continue
        else:
            known = {label["prometheus"] for label in figure["labels"]} | ({"le"} if series.endswith("_bucket") else set())
        asked |= known
        wrong |= set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selector)) - known - OF_THE_SCRAPE
    for labels in re.findall(r"\b(?:by|without)\s*\(([^)]*)\)", expression):
        wrong |= {label.strip() for label in labels.split(",")} - asked - OF_THE_SCRAPE
    return wrong


def alerts(name="full"):
    (rule,) = chart.of_kind(chart.render(name), "PrometheusRule")
    return rule["spec"]["groups"][0]["rules"]


def expression(name):
    (found,) = {alert["expr"] for alert in alerts() if alert["alert"] == name}
    return found


def test_alerts_about_prices_are_there_unless_the_stream_is_left_alone():
    of_prices = {"ShotengaiPricesUnread", "ShotengaiPricesLag"}
    named = lambda rules: {rule["alert"] for rule in rules}  # noqa: E731
    assert of_prices <= named(alerts())
    off = {"roles": {"catalog": {"settings": {"PRICE_STREAM": "off"}}}}
    (rule,) = chart.of_kind(chart.render_values(off, base="full"), "PrometheusRule")
    without = named(rule["spec"]["groups"][0]["rules"])
    assert not of_prices & without and "ShotengaiShardStuck" in without


def test_every_alert_asks_for_figures_and_labels_that_there_are():
    for alert in alerts():
        assert re.search(r"[a-z_]+\{", alert["expr"]), alert["alert"]
        assert not misnamed(alert["expr"]), alert["alert"]


def test_a_summary_names_labels_that_the_expression_keeps():
    for alert in alerts():
        kept = set(re.findall(r"\w+", " ".join(re.findall(r"\bby \(([^)]*)\)", alert["expr"]))))
        named = set(re.findall(r"\$labels\.(\w+)", alert["annotations"]["summary"]))
        assert named <= kept, alert["alert"]


def test_a_name_or_label_that_there_is_not_is_found():
    for expression, wrong in (
        ('sum by (consumer) (rate(shotengai_dead_letters_total{job="x"}[5m]))', set()),
        ("shotengai_dead_letters{}", {"shotengai_dead_letters"}),
        ('rate(http_server_request_duration_seconds{job="x"}[5m])', {"http_server_request_duration_seconds"}),
        ('http_server_request_duration_seconds_count{status="500"}', {"status"}),
        ("sum by (route) (http_server_request_duration_seconds_count{})", {"route"}),
    ):
        assert misnamed(expression) == wrong, expression


def test_documents_name_figures_that_there_are():
    words = re.compile(r"`(?:[^`]*\b)?((?:shotengai|shop|http_server|http_client)_[a-z_]+)\b[^`]*`")
    code = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
    for page in sorted(chart.ROOT.glob("docs/*.md")):
        # Blocks of code name crates, whose names look alike.
        for name in words.findall(code.sub("", page.read_text())):
            assert name in figures() or figure_of(name), f"{page.name}: {name}"


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
    age, request = "shotengai_consumer_event_age_seconds", "http_server_request_duration_seconds"
    for bound, name in (("eventAgeSeconds", age), ("projectionLagSeconds", age), ("requestSeconds", request)):
        buckets = figures()[name]["buckets"]
        assert (rules[bound]["minimum"], rules[bound]["exclusiveMaximum"]) == (buckets[0], buckets[-1]), bound


def test_every_letter_is_counted_whoever_wrote_it():
    assert re.search(r"sum by \(consumer, reason\) \(increase\(shotengai_dead_letters_total\{[^}]*\}\[10m\]\)\) > 0", expression("ShotengaiDeadLetters"))
    for writer in ("shared/streaming/src", "shared/messaging/src/consumer"):
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
