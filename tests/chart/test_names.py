"""Every name that is rendered is one that a cluster takes, whatever the release is called; else nothing is rendered."""

import copy

import pytest

import chart
import names

LONGEST = "s" * 53  # Helm takes no longer name of a release.


def faults(documents):
    return [fault for document in documents for fault in names.faults(document)]


def test_every_name_of_every_value_set_is_one_that_a_cluster_takes(rendered):
    assert rendered and faults(rendered) == []


@pytest.mark.parametrize("base", ["kind", "full"])
@pytest.mark.parametrize("release", ["s", LONGEST, "a--b", "street-2", f"{'x' * 38}-{'y' * 10}", f"{'x' * 37}--{'y' * 10}"])
def test_a_release_may_have_any_name_that_services_can_have(release, base):
    documents = chart.objects(chart.render_text(chart.VALUE_SETS[base], release=release))
    assert documents and faults(documents) == []


@pytest.mark.parametrize("release", ["7street", "street.v2", "0", "shop.street"])
def test_a_release_whose_name_no_service_can_have_is_refused_in_one_line_with_a_cure(release):
    with pytest.raises(chart.Refused) as refused:
        chart.render_text(chart.VALUE_SETS["default"], release=release)
    said = str(refused.value)
    assert "Choose another release name, or set fullnameOverride" in said and release[:20] in said, said


def test_another_name_cures_it():
    with chart.written({"fullnameOverride": "street"}) as file:
        for release in ("7street", "street.v2"):
            documents = chart.objects(chart.render_text(chart.VALUE_SETS["kind"], file, release=release))
            assert documents and faults(documents) == []


@pytest.mark.parametrize("name", ["7eleven", "shop.street", "a."])
def test_a_name_that_is_given_is_held_to_the_same_rule(name):
    with pytest.raises(chart.Refused):
        chart.render_values({"fullnameOverride": name})


def test_a_label_that_is_cut_ends_as_a_label_may():
    values = {"nameOverride": "n" * 39 + ".name", "fullnameOverride": "street"}
    assert faults(chart.render_values(values)) == []


def test_names_that_a_cluster_refuses_are_found():
    documents = chart.render("kind")
    service = next(iter(chart.of_kind(documents, "Service")))
    deployment = next(iter(chart.of_kind(documents, "Deployment")))
    job = next(iter(chart.of_kind(documents, "Job")))

    def renamed(document, name):
        other = copy.deepcopy(document)
        other["metadata"]["name"] = name
        return names.faults(other)

    for name in ("7street-order", "street.v2-order", "street-", "Street", "s" * 64, ""):
        assert renamed(service, name), name
    assert not renamed(service, "s" * 63)
    assert renamed(deployment, "street.-order") and not renamed(deployment, "7.street")
    assert renamed(job, "s" * 64)
    spoilt = copy.deepcopy(deployment)
    spoilt["spec"]["template"]["spec"]["containers"][0]["ports"][0]["name"] = "a-port-name-too-long"
    assert names.faults(spoilt)
    spoilt = copy.deepcopy(deployment)
    spoilt["spec"]["template"]["metadata"]["labels"]["team"] = "ends-with-"
    assert names.faults(spoilt)
