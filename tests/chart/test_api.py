"""Every object is valid for the oldest and the newest Kubernetes that the chart supports."""

import copy

import pytest

import api
import chart


@pytest.mark.parametrize("version", [chart.OLDEST, chart.NEWEST])
def test_every_object_is_valid(value_set, version):
    documents = chart.render(value_set, kube=f"{version}.0")
    assert documents
    assert [fault for document in documents for fault in api.faults(document, version)] == []


def test_the_chart_refuses_an_older_kubernetes():
    with pytest.raises(chart.Refused, match="incompatible with Kubernetes"):
        chart.render_text(chart.VALUE_SETS["default"], kube="1.31.9")


def levels(value, path=()):
    if isinstance(value, dict):
        yield path
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from levels(item, (*path, key))


FREE = {"labels", "annotations", "matchLabels", "nodeSelector", "data", "metadata"}


def test_the_schemas_refuse_unknown_fields_at_every_level():
    seen, missed = set(), []
    for document in chart.render("full"):
        if document["kind"] in seen:
            continue
        seen.add(document["kind"])
        for path in levels(document):
            if path and path[-1] in FREE or "limits" in path or "requests" in path:
                continue
            spoilt = copy.deepcopy(document)
            place = spoilt
            for step in path:
                place = place[step]
            place["notAField"] = 1
            if not api.faults(spoilt, chart.NEWEST):
                missed.append(f"{document['kind']} {path}")
    assert missed == []
    assert {"Deployment", "ScaledObject", "HTTPRoute", "ServiceMonitor", "PrometheusRule"} <= seen
