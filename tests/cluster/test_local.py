"""The local AWS of the chart keeps what it holds through a restart of its container, as PostgreSQL beside it does."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import chart
import pytest
import yaml

VENV = chart.ROOT / ".local" / "venv" / "bin"
SOON = 60
JSON = {"dynamodb": ("DynamoDB_20120810", "1.0"), "kinesis": ("Kinesis_20131202", "1.1"), "sqs": ("AmazonSQS", "1.0")}
TABLE = {
    "TableName": "kept",
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
}


class MiniStack:
    """The process with the environment that the chart gives it."""

    def __init__(self, folder):
        facts = yaml.safe_load((chart.CHART / "files" / "local.yaml").read_text())["ministack"]
        assert facts["env"]["STATE_DIR"] in facts["writable"]
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        here = {"PATH": os.environ["PATH"], "HOME": str(folder), "STATE_DIR": str(folder / "data"), "BIND_HOST": "127.0.0.1"}
        self.environment = {**facts["env"], **here, "GATEWAY_PORT": str(self.port)}
        self.log = folder / "log"
        self.process = None

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([VENV / "python", VENV / "ministack"], env=self.environment, stdout=log, stderr=log)
        deadline = time.monotonic() + SOON
        while True:
            try:
                return urllib.request.urlopen(f"http://127.0.0.1:{self.port}/_ministack/health", timeout=2).close()
            except OSError:
                assert self.process.poll() is None and time.monotonic() < deadline, self.log.read_text()

    def end(self, by=signal.SIGTERM):
        """As the kubelet ends a container: within its grace period."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(by)
            self.process.wait(30)

    def call(self, service, operation, **body):
        name, version = JSON[service]
        scope = f"AWS4-HMAC-SHA256 Credential=000000000000/20260101/ap-northeast-1/{service}/aws4_request, SignedHeaders=host, Signature=none"
        headers = {"Content-Type": f"application/x-amz-json-{version}", "X-Amz-Target": f"{name}.{operation}", "Authorization": scope}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/", json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"{}")

    def sns(self, **form):
        scope = "AWS4-HMAC-SHA256 Credential=000000000000/20260101/ap-northeast-1/sns/aws4_request, SignedHeaders=host, Signature=none"
        data = urllib.parse.urlencode({"Version": "2010-03-31", **form}).encode()
        with urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{self.port}/", data, {"Authorization": scope}), timeout=10) as answer:
            return answer.read().decode()


@pytest.fixture
def ministack(tmp_path):
    one = MiniStack(tmp_path)
    one.start()
    yield one
    one.end(signal.SIGKILL)


def fill(ministack):
    ministack.call("dynamodb", "CreateTable", **TABLE)
    ministack.call("dynamodb", "PutItem", TableName="kept", Item={"pk": {"S": "order"}, "body": {"B": "AAEC"}})
    ministack.call("kinesis", "CreateStream", StreamName="kept", ShardCount=2)
    queue = ministack.call("sqs", "CreateQueue", QueueName="kept")["QueueUrl"]
    ministack.call("sqs", "SendMessage", QueueUrl=queue, MessageBody="hello")
    ministack.sns(Action="CreateTopic", Name="kept")
    deadline = time.monotonic() + SOON
    while True:
        try:
            return ministack.call("kinesis", "PutRecord", StreamName="kept", Data="aGVsbG8=", PartitionKey="k")
        except urllib.error.HTTPError:
            assert time.monotonic() < deadline, "the stream does not become active"


def held(ministack):
    """Items, records, messages and topics."""
    records = 0
    for shard in ministack.call("kinesis", "ListShards", StreamName="kept")["Shards"]:
        at = {"StreamName": "kept", "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = ministack.call("kinesis", "GetShardIterator", **at)["ShardIterator"]
        records += len(ministack.call("kinesis", "GetRecords", ShardIterator=iterator)["Records"])
    queue = ministack.call("sqs", "GetQueueUrl", QueueName="kept")["QueueUrl"]
    depth = ministack.call("sqs", "GetQueueAttributes", QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
    topics = ministack.sns(Action="ListTopics").count(":kept<")
    return ministack.call("dynamodb", "Scan", TableName="kept")["Count"], records, int(depth["ApproximateNumberOfMessages"]), topics


def test_the_local_aws_keeps_everything_through_restarts_of_its_container(ministack):
    fill(ministack)
    assert held(ministack) == (1, 1, 1, 1)
    for _ in range(2):
        ministack.end()
        ministack.start()
        assert held(ministack) == (1, 1, 1, 1)


def test_a_killed_one_goes_back_to_where_it_last_ended_well(ministack):
    # As documented, with what to do then: nothing of ours can change it.
    fill(ministack)
    ministack.end()
    ministack.start()
    ministack.call("dynamodb", "PutItem", TableName="kept", Item={"pk": {"S": "later"}})
    ministack.end(signal.SIGKILL)
    ministack.start()
    assert held(ministack) == (1, 1, 1, 1)
