"""Values of the chart that `shotengai provision --emit values` makes of a stack's outputs: the chart takes them, and pods are who the stack's roles trust."""

import pathlib

import pytest
import yaml

import chart
from test_stacks import GOLDEN, STACKS, snake, template

ACCOUNT = "123456789012"


def rendered(name):
    values = GOLDEN / f"{name}.values.yaml"
    return chart.objects(chart.render_text(chart.VALUE_SETS["aws"], values, release="shotengai"))


def by_token(name):
    return "OidcProvider" in template(name)["Parameters"]


def roles(name):
    found = template(name)["Resources"].items()
    return {snake(key).removesuffix("_role"): one["Properties"] for key, one in found if one["Type"] == "AWS::IAM::Role"}


@pytest.mark.parametrize("name", STACKS)
def test_pods_are_where_the_stack_is_and_nothing_is_provisioned(name):
    documents = rendered(name)
    assert chart.of_kind(documents, "Job") == []
    buckets = {snake(key): one["Properties"]["BucketName"]["Fn::Sub"].replace("${AWS::AccountId}", ACCOUNT) for key, one in template(name)["Resources"].items() if one["Type"] == "AWS::S3::Bucket"}
    assert sorted(buckets) == {"plain": ["product_images_bucket"], "full": ["event_archive_bucket", "product_images_bucket"]}[name]
    outputs = template(name)["Outputs"]
    wanted = {
        "AWS_REGION": "ap-northeast-1",
        "PUBLISH": outputs["Publish"]["Value"],
        "RESOURCE_PREFIX": outputs.get("ResourcePrefix", {}).get("Value"),
    }
    for deployment in chart.of_kind(documents, "Deployment"):
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        found = {variable["name"]: variable.get("value") for variable in container["env"]}
        role = chart.component(deployment)
        for variable, value in wanted.items():
            if variable in found or value is not None:
                assert found.get(variable) == value, f"{role}: {variable}"
        if role == "catalog":
            assert found["IMAGE_BUCKET"] == buckets["product_images_bucket"]
        if role == "archiver":
            assert (found["ARCHIVE"], found["ARCHIVE_BUCKET"]) == ("on", buckets["event_archive_bucket"])
        if role == "bridge":
            assert found.get("STREAM_READ", "poll") == outputs["StreamRead"]["Value"]


@pytest.mark.parametrize("name", STACKS)
def test_each_service_account_is_the_one_that_its_role_trusts(name):
    accounts = {chart.component(one): one["metadata"] for one in chart.of_kind(rendered(name), "ServiceAccount")}
    assert set(accounts) == set(roles(name))
    prefix = template(name)["Parameters"]["ServiceAccountPrefix"]["Default"]
    for service, role in roles(name).items():
        assert accounts[service]["name"] == f"{prefix}-{service}"
        # With Pod Identity there is none: an annotated account would be asked for a token all the same.
        wanted = f"arn:aws:iam::{ACCOUNT}:role/{role['RoleName']}" if by_token(name) else None
        assert accounts[service].get("annotations", {}).get("eks.amazonaws.com/role-arn") == wanted


@pytest.mark.parametrize("name", STACKS)
def test_values_are_no_more_than_the_stack_determines(name):
    values = yaml.safe_load((GOLDEN / f"{name}.values.yaml").read_text())
    assert set(values) <= {"aws", "publish", "provision", "roles"}
    assert values["provision"] == {"enabled": False}
