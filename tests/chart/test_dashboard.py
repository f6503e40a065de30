"""The dashboard asks for figures and labels that there are, of the release that is chosen."""

import json
import re

import promql_parser

import chart
from test_alerts import misnamed, figures

FILE = chart.CHART / "files" / "dashboard.json"
# What Grafana puts into an expression, and something of its kind.
OF_GRAFANA = {"$__rate_interval": "5m", "$__range": "6h", "$namespace": "shops", "$job": "nishiki-metrics"}


def dashboard():
    return json.loads(FILE.read_text())


def panels():
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def asked():
    """(panel's title, expression, legend) of everything that is drawn."""
    return [(panel["title"], target["expr"], target["legendFormat"]) for panel in panels() for target in panel["targets"]]


def filled(expression):
    for name, value in OF_GRAFANA.items():
        expression = expression.replace(name, value)
    return expression


def config_maps(values):
    made = chart.of_kind(chart.render_values(values), "ConfigMap")
    return [it for it in made if it["metadata"]["name"].endswith("-dashboard")]


def test_every_panel_asks_for_figures_and_labels_that_there_are():
    for title, expression, _ in asked():
        assert "$" not in filled(expression), title
        promql_parser.parse(filled(expression))
        assert not misnamed(filled(expression)), title


def test_a_legend_names_labels_that_the_expression_keeps():
    for title, expression, legend in asked():
        kept = set(re.findall(r"\w+", " ".join(re.findall(r"\bby \(([^)]*)\)", expression))))
        assert set(re.findall(r"{{(\w+)}}", legend)) <= kept, title


def test_every_panel_looks_at_the_chosen_release_alone():
    for title, expression, _ in asked():
        for selector in re.findall(r"\{([^}]*)\}", expression):
            assert selector.startswith('namespace="$namespace",job="$job"'), title


def test_what_alerts_look_at_is_drawn():
    series = re.compile(r"\b([a-z][a-z_]*[a-z])\{")
    drawn = {name for _, expression, _ in asked() for name in series.findall(expression)}
    (rule,) = chart.of_kind(chart.render("full"), "PrometheusRule")
    wanted = {name for group in rule["spec"]["groups"] for alert in group["rules"] for name in series.findall(alert["expr"])}
    # Whether roles answer is Prometheus' own.
    assert wanted - drawn == {"up"}


def test_every_figure_of_the_business_is_drawn():
    drawn = " ".join(expression for _, expression, _ in asked())
    missing = [name for name in figures() if name.startswith("shop_") and name not in drawn]
    assert not missing


def test_panels_have_ids_and_places_of_their_own_and_say_what_they_show():
    everything = dashboard()["panels"]
    assert len({panel["id"] for panel in everything}) == len(everything)
    taken = set()
    for panel in everything:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken and place["x"] + place["w"] <= 24, panel["title"]
        taken |= cells
    assert all(panel["title"] and panel["description"] for panel in panels())


def test_a_config_map_brings_it_to_grafanas_sidecar_where_it_is_wanted():
    assert not config_maps({})
    (made,) = config_maps({"monitoring": {"dashboard": {"enabled": True, "annotations": {"grafana_folder": "Street"}}}})
    assert made["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert made["metadata"]["annotations"]["grafana_folder"] == "Street"
    ((name, text),) = made["data"].items()
    made = json.loads(text)
    # Two dashboards of one identity are none: Grafana refuses both.
    assert name.endswith(".json") and re.fullmatch("shotengai-[0-9a-f]{12}", made.pop("uid"))
    assert made == {key: value for key, value in dashboard().items() if key != "uid"}
    # What a cluster stores of an object has a bound.
    assert len(text) < 500_000
