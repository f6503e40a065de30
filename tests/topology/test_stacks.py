"""The documents that `shotengai provision --emit` prints: CloudFormation would take the template, and the Terraform module says the same.

The documents are golden files that the program's own tests hold against what it prints.
"""

import json
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
GOLDEN = ROOT / "shared" / "provisioning" / "golden"
STACKS = ["plain", "full"]
REGIONS = ["us-east-1", "ap-northeast-1", "eu-central-1"]
CFN_LINT = [sys.executable, "-c", "from cfnlint.runner import main; main()"]


def template(name):
    return json.loads((GOLDEN / f"{name}.cloudformation.json").read_text())


def module(name):
    return json.loads((GOLDEN / f"{name}.tf.json").read_text())


@pytest.mark.parametrize("name", STACKS)
def test_cfn_lint_has_nothing_to_say(name):
    command = [*CFN_LINT, "--include-checks", "I", "--format", "parseable", "--regions", *REGIONS]
    done = subprocess.run([*command, "--template", GOLDEN / f"{name}.cloudformation.json"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_cfn_lint_would_say_something(tmp_path):
    # Or silence would prove nothing.
    broken = template("plain")
    broken["Resources"]["OrderQueue"]["Properties"]["VisibilityTimeout"] = 43_201
    file = tmp_path / "broken.json"
    file.write_text(json.dumps(broken))
    done = subprocess.run([*CFN_LINT, "--template", file], capture_output=True, text=True, check=False)
    assert done.returncode != 0 and "43201 is greater than" in done.stdout


# One language's words for the other's. What both say is brought into one form: texts in which references are `<kind name attribute>`.

PSEUDO = {
    "data.aws_partition.own.partition": "<partition>",
    "data.aws_region.own.id": "<region>",
    "data.aws_caller_identity.own.account_id": "<account>",
    "AWS::Partition": "<partition>",
    "AWS::Region": "<region>",
    "AWS::AccountId": "<account>",
}


def snake(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def referred(inner):
    """`OrderQueue.Arn`, `aws_sqs_queue.order_queue.arn` → `<order_queue arn>`; a parameter is `<its_name>`."""
    if inner in PSEUDO:
        return PSEUDO[inner]
    if inner.startswith("var."):
        return f"<{inner[4:]}>"
    if inner.startswith("aws_"):
        _, name, attribute = inner.split(".")
        return f"<{name} {'ref' if attribute in ('id', 'key_id') else attribute}>"
    name, _, attribute = inner.partition(".")
    return f"<{snake(name)} {snake(attribute)}>" if attribute else f"<{snake(name)}>"


def plain(value, references=frozenset()):
    """A value of either language in one form."""
    if isinstance(value, str):
        text = re.sub(r"\$\{([^}]*)\}", lambda found: referred(found[1]), value)
        if text.startswith("{"):
            return plain(json.loads(text))
        return text
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        if set(value) == {"Fn::Sub"}:
            return plain(value["Fn::Sub"])
        if set(value) == {"Fn::GetAtt"}:
            return referred(".".join(value["Fn::GetAtt"]))
        if set(value) == {"Ref"}:
            return referred(value["Ref"])
        return {plain(key): plain(one) for key, one in value.items()}
    return value


def same(left, right):
    """References to a whole part are its ARN, its id or its name, as each language has it."""
    if isinstance(left, dict) and isinstance(right, dict):
        return set(left) == set(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, str) and isinstance(right, str):
        bare = lambda text: re.sub(r"<(\w+) (?:ref|arn)>", r"<\1>", text)
        return bare(left) == bare(right)
    return left == right


class Module:
    def __init__(self, document):
        self.resources = {(kind, name): plain(body) for kind, all_of in document["resource"].items() for name, body in all_of.items()}
        self.seen = set()

    def take(self, kind, name):
        self.seen.add((kind, name))
        body = dict(self.resources[kind, name])
        body.pop("depends_on", None)
        return body

    def maybe(self, kind, name):
        return self.take(kind, name) if (kind, name) in self.resources else None


KEPT = {"prevent_destroy": True}


def keys(schema):
    return {"HASH": None, "RANGE": None} | {key["KeyType"]: key["AttributeName"] for key in schema}


def table(one, name, found):
    body = found.take("aws_dynamodb_table", name)
    schema = keys(one["KeySchema"])
    throughput = one.get("ProvisionedThroughput", {})
    told = {
        "name": one["TableName"],
        "billing_mode": one["BillingMode"],
        "hash_key": schema["HASH"],
        "attribute": [{"name": each["AttributeName"], "type": each["AttributeType"]} for each in one["AttributeDefinitions"]],
        "point_in_time_recovery": {"enabled": one["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]},
        "deletion_protection_enabled": one["DeletionProtectionEnabled"],
        "server_side_encryption": {"enabled": one["SSESpecification"]["SSEEnabled"], "kms_key_arn": one["SSESpecification"]["KMSMasterKeyId"]},
        "lifecycle": dict(KEPT),
    }
    if schema["RANGE"]:
        told["range_key"] = schema["RANGE"]
    if throughput:
        told |= {"read_capacity": throughput["ReadCapacityUnits"], "write_capacity": throughput["WriteCapacityUnits"]}
        told["lifecycle"]["ignore_changes"] = ["read_capacity", "write_capacity", "global_secondary_index"]
    if "TimeToLiveSpecification" in one:
        ttl = one["TimeToLiveSpecification"]
        told["ttl"] = {"attribute_name": ttl["AttributeName"], "enabled": ttl["Enabled"]}
    if "GlobalSecondaryIndexes" in one:
        told["global_secondary_index"] = []
        for index in one["GlobalSecondaryIndexes"]:
            of = keys(index["KeySchema"])
            each = {"name": index["IndexName"], "hash_key": of["HASH"], "range_key": of["RANGE"], "projection_type": index["Projection"]["ProjectionType"]}
            if throughput:
                each |= {"read_capacity": index["ProvisionedThroughput"]["ReadCapacityUnits"], "write_capacity": index["ProvisionedThroughput"]["WriteCapacityUnits"]}
            told["global_secondary_index"].append(each)
    captured = found.maybe("aws_dynamodb_kinesis_streaming_destination", name)
    stream = one.get("KinesisStreamSpecification")
    assert same(captured, stream and {"table_name": f"<{name}>", "stream_arn": stream["StreamArn"]}), name
    return told, body


def stream(one, name, found):
    return {
        "name": one["Name"],
        "shard_count": one["ShardCount"],
        "retention_period": one["RetentionPeriodHours"],
        "stream_mode_details": {"stream_mode": one["StreamModeDetails"]["StreamMode"]},
        "encryption_type": one["StreamEncryption"]["EncryptionType"],
        "kms_key_id": one["StreamEncryption"]["KeyId"],
        "lifecycle": KEPT | {"ignore_changes": ["shard_count"]},
    }, found.take("aws_kinesis_stream", name)


def queue(one, name, found):
    told = {
        "name": one["QueueName"],
        "visibility_timeout_seconds": one["VisibilityTimeout"],
        "message_retention_seconds": one["MessageRetentionPeriod"],
        "receive_wait_time_seconds": one["ReceiveMessageWaitTimeSeconds"],
        "kms_master_key_id": one["KmsMasterKeyId"],
        "kms_data_key_reuse_period_seconds": one["KmsDataKeyReusePeriodSeconds"],
    }
    if "RedrivePolicy" in one:
        told["redrive_policy"] = one["RedrivePolicy"]
    return told, found.take("aws_sqs_queue", name)


def bucket(one, name, found):
    def part(kind):
        body = found.take(kind, name)
        assert body.pop("bucket") == f"<{name} ref>"
        return body

    public = one["PublicAccessBlockConfiguration"]
    assert part("aws_s3_bucket_public_access_block") == {snake(key): value for key, value in public.items()}
    (owner,) = one["OwnershipControls"]["Rules"]
    assert part("aws_s3_bucket_ownership_controls") == {"rule": {"object_ownership": owner["ObjectOwnership"]}}
    (rule,) = one["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    by = rule["ServerSideEncryptionByDefault"]
    encrypted = {"bucket_key_enabled": rule["BucketKeyEnabled"], "apply_server_side_encryption_by_default": {"sse_algorithm": by["SSEAlgorithm"], "kms_master_key_id": by["KMSMasterKeyID"]}}
    assert part("aws_s3_bucket_server_side_encryption_configuration") == {"rule": encrypted}
    (rule,) = one["LifecycleConfiguration"]["Rules"]
    days = {"days_after_initiation": rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]}
    assert part("aws_s3_bucket_lifecycle_configuration") == {"rule": {"id": rule["Id"], "status": rule["Status"], "filter": {}, "abort_incomplete_multipart_upload": days}}
    if "NotificationConfiguration" in one:
        (told,) = one["NotificationConfiguration"]["QueueConfigurations"]
        (prefix,) = told["Filter"]["S3Key"]["Rules"]
        assert part("aws_s3_bucket_notification") == {"queue": {"queue_arn": told["Queue"], "events": [told["Event"]], "filter_prefix": prefix["Value"]}}
    if "VersioningConfiguration" in one:
        assert part("aws_s3_bucket_versioning") == {"versioning_configuration": {"status": one["VersioningConfiguration"]["Status"]}}
    if "CorsConfiguration" in one:
        (rule,) = one["CorsConfiguration"]["CorsRules"]
        told = {"allowed_origins": rule["AllowedOrigins"], "allowed_methods": rule["AllowedMethods"], "allowed_headers": rule["AllowedHeaders"], "max_age_seconds": rule["MaxAge"]}
        assert part("aws_s3_bucket_cors_configuration") == {"cors_rule": told}
    return {"bucket": one["BucketName"], "lifecycle": KEPT}, found.take("aws_s3_bucket", name)


def role(one, name, found):
    (policy,) = one["Policies"]
    own = found.take("aws_iam_role_policy", name)
    assert same(own, {"name": policy["PolicyName"], "role": f"<{name}>", "policy": policy["PolicyDocument"]}), name
    return {
        "name": one["RoleName"],
        "description": one["Description"],
        "assume_role_policy": one["AssumeRolePolicyDocument"],
    }, found.take("aws_iam_role", name)


def alarm(one, name, found):
    body = found.take("aws_cloudwatch_metric_alarm", name)
    assert one["AlarmActions"] == {"Fn::If": ["HasAlarmTopic", ["<alarm_topic_arn>"], "<a_w_s::_no_value>"]}
    assert body.pop("alarm_actions") == '<alarm_topic_arn == "" ? [] : [var.alarm_topic_arn]>'
    if "Metrics" in one:
        of = {"metric_query": [{"id": asked["Id"], "expression": asked["Expression"], "period": asked["Period"], "return_data": asked["ReturnData"]} for asked in one["Metrics"]]}
    else:
        of = {
            "namespace": one["Namespace"],
            "metric_name": one["MetricName"],
            "dimensions": {dimension["Name"]: dimension["Value"] for dimension in one["Dimensions"]},
            "statistic": one["Statistic"],
            "period": one["Period"],
        }
    return of | {
        "alarm_name": one["AlarmName"],
        "alarm_description": one["AlarmDescription"],
        "evaluation_periods": one["EvaluationPeriods"],
        "threshold": one["Threshold"],
        "comparison_operator": one["ComparisonOperator"],
        "treat_missing_data": one["TreatMissingData"],
    }, body


def subscription(one, name, found):
    return {
        "topic_arn": one["TopicArn"],
        "protocol": one["Protocol"],
        "endpoint": one["Endpoint"],
        "raw_message_delivery": one["RawMessageDelivery"],
        "filter_policy_scope": one["FilterPolicyScope"],
        "filter_policy": one["FilterPolicy"],
        "redrive_policy": one["RedrivePolicy"],
    }, found.take("aws_sns_topic_subscription", name)


def renamed(kind, words):
    """Where each setting is the other's under another word."""

    def told(one, name, found):
        assert set(one) == set(words), name
        return {words[key]: value for key, value in one.items()}, found.take(kind, name)

    return told


def key(one, name, found):
    assert set(one) == {"Description", "EnableKeyRotation", "PendingWindowInDays", "KeyPolicy"}
    return {
        "description": one["Description"],
        "enable_key_rotation": one["EnableKeyRotation"],
        "deletion_window_in_days": one["PendingWindowInDays"],
        "policy": one["KeyPolicy"],
        "lifecycle": KEPT,
    }, found.take("aws_kms_key", name)


def queue_policy(one, name, found):
    (of,) = one["Queues"]
    return {"queue_url": of, "policy": one["PolicyDocument"]}, found.take("aws_sqs_queue_policy", name)


def association(one, name, found):
    body = found.take("aws_eks_pod_identity_association", name)
    assert 'cluster_name == "" ? 0 : 1' in body.pop("count")
    return {snake(word): value for word, value in one.items()}, body


def target(one, name, found):
    return {
        "service_namespace": one["ServiceNamespace"],
        "resource_id": one["ResourceId"],
        "scalable_dimension": one["ScalableDimension"],
        "min_capacity": one["MinCapacity"],
        "max_capacity": one["MaxCapacity"],
    }, found.take("aws_appautoscaling_target", name)


def scaling(one, name, found):
    name = name.removesuffix("_policy")
    body = found.take("aws_appautoscaling_policy", name)
    for word in ("service_namespace", "resource_id", "scalable_dimension"):
        assert body.pop(word) == f"<{name} {word}>"
    assert one["ScalingTargetId"] == f"<{name}>"
    how = one["TargetTrackingScalingPolicyConfiguration"]
    metric = how["PredefinedMetricSpecification"]["PredefinedMetricType"]
    return {
        "name": one["PolicyName"],
        "policy_type": one["PolicyType"],
        "target_tracking_scaling_policy_configuration": {"target_value": how["TargetValue"], "predefined_metric_specification": {"predefined_metric_type": metric}},
    }, body


HELD = {
    "AWS::KMS::Key": key,
    "AWS::KMS::Alias": renamed("aws_kms_alias", {"AliasName": "name", "TargetKeyId": "target_key_id"}),
    "AWS::Kinesis::Stream": stream,
    "AWS::Kinesis::StreamConsumer": renamed("aws_kinesis_stream_consumer", {"ConsumerName": "name", "StreamARN": "stream_arn"}),
    "AWS::DynamoDB::Table": table,
    "AWS::SNS::Topic": renamed("aws_sns_topic", {"TopicName": "name", "KmsMasterKeyId": "kms_master_key_id"}),
    "AWS::SQS::Queue": queue,
    "AWS::SQS::QueuePolicy": queue_policy,
    "AWS::SNS::Subscription": subscription,
    "AWS::S3::Bucket": bucket,
    "AWS::S3::BucketPolicy": renamed("aws_s3_bucket_policy", {"Bucket": "bucket", "PolicyDocument": "policy"}),
    "AWS::CloudWatch::Alarm": alarm,
    "AWS::IAM::Role": role,
    "AWS::EKS::PodIdentityAssociation": association,
    "AWS::ApplicationAutoScaling::ScalableTarget": target,
    "AWS::ApplicationAutoScaling::ScalingPolicy": scaling,
}


@pytest.mark.parametrize("name", STACKS)
def test_both_languages_say_the_same_of_every_resource(name):
    found = Module(module(name))
    resources = template(name)["Resources"]
    for identity, resource in resources.items():
        told, body = HELD[resource["Type"]](plain(resource["Properties"]), snake(identity), found)
        assert same(told, body), f"{identity}: {told} is not {body}"
        # What holds data stays when the stack goes.
        assert resource.get("DeletionPolicy", "").startswith("Retain") == ("lifecycle" in body), identity
        if resource["Type"] == "AWS::DynamoDB::Table":
            assert resource["DeletionPolicy"] == "Retain", "its protection lets nothing else be"
    # Nothing is in the module alone.
    assert found.seen == set(found.resources)


@pytest.mark.parametrize("name", STACKS)
def test_both_languages_have_the_same_parameters_and_outputs(name):
    one, other = template(name), module(name)
    parameters = {snake(key): (value["Description"], value.get("Default")) for key, value in one["Parameters"].items()}
    assert parameters == {key: (value["description"], value.get("default")) for key, value in other["variable"].items()}
    outputs = {snake(key): plain(value["Value"]) for key, value in one["Outputs"].items()}
    assert same(outputs, {key: plain(value["value"]) for key, value in other["output"].items()})


@pytest.mark.parametrize("name", STACKS)
def test_every_role_is_trusted_by_its_own_pods_alone(name):
    roles = {key: value["Properties"] for key, value in template(name)["Resources"].items() if value["Type"] == "AWS::IAM::Role"}
    # One archives where there is an archive.
    assert len(roles) == {"plain": 10, "full": 11}[name]
    for identity, one in roles.items():
        service = snake(identity).removesuffix("_role")
        (statement,) = plain(one["AssumeRolePolicyDocument"])["Statement"]
        who = statement["Condition"]["StringEquals"]
        account = f"<service_account_prefix>-{service}"
        if "Federated" in statement["Principal"]:
            assert who == {"<oidc_provider>:aud": "sts.amazonaws.com", "<oidc_provider>:sub": f"system:serviceaccount:<namespace>:{account}"}
        else:
            assert who == {"aws:RequestTag/kubernetes-namespace": "<namespace>", "aws:RequestTag/kubernetes-service-account": account}
