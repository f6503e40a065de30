"""A street over the chart's local AWS goes on when that is restarted, with what it remembers and what PostgreSQL holds."""

import os
import re
import signal
import socket
import subprocess
import time

import chart
import pytest
from test_local import SOON, MiniStack

PARTS = ("aws", "smtp", "inbox", "http", "health")
BUSY = 120


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Street:
    """All roles in one process, over a MiniStack as the chart runs it and a PostgreSQL of `shotengai dev`."""

    def __init__(self, folder):
        self.binary = os.environ["SHOTENGAI_BIN"]
        self.folder = folder
        self.ports = {part: free_port() for part in PARTS}
        self.url = f"http://127.0.0.1:{self.ports['http']}"
        self.ministack = MiniStack(folder)
        self.processes = []

    def spawn(self, log, *command, environment):
        path = self.folder / log
        with path.open("wb") as file:
            process = subprocess.Popen([self.binary, *command], env=environment, cwd=self.folder, stdout=file, stderr=file)
        self.processes.append(process)
        return process, path

    def open(self):
        self.ministack.start()
        environment = os.environ | {"SHOTENGAI_VENV": str(chart.ROOT / ".local" / "venv")}
        flags = [f"--{part}-port={port}" for part, port in self.ports.items()]
        parts, log = self.spawn("parts.log", "dev", "--infra-only", *flags, environment=environment)
        deadline = time.monotonic() + BUSY
        while "HEALTH_ADDR" not in log.read_text():
            assert parts.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        self.environment = os.environ | dict(re.findall(r"export (\w+)='([^']*)'", log.read_text()))
        # Of the parts only PostgreSQL and the inbox are used.
        self.environment |= {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.ministack.port}", "SHOTENGAI_URL": self.url}
        self.environment |= {"AWS_ACCESS_KEY_ID": "000000000000", "AWS_SECRET_ACCESS_KEY": "local", "AWS_REGION": "ap-northeast-1"}
        self.run("provision")
        self.spawn("roles.log", "serve", "all", environment=self.environment)

    def run(self, *command, code=0):
        done = subprocess.run([self.binary, *command], env=self.environment, capture_output=True, text=True, timeout=2 * BUSY, check=False)
        assert done.returncode == code, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def close(self):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            process.wait(SOON)
        self.ministack.end(signal.SIGKILL)


@pytest.fixture
def street(tmp_path):
    one = Street(tmp_path)
    try:
        one.open()
        yield one
    finally:
        one.close()


def test_a_street_goes_on_after_restarts_of_its_local_aws(street):
    within = f"--within-seconds={BUSY}"
    assert "6 created" in street.run("seed", within)
    street.run("smoke", within)
    for _ in range(2):
        street.ministack.end()
        street.ministack.start()
        assert "6 found" in street.run("seed", within), "the products are still there"
        assert "paid after" in street.run("smoke", within)
    deadline = time.monotonic() + SOON
    while True:
        # A row may be a moment behind.
        done = subprocess.run([street.binary, "rebuild", "read-models", "--check"], env=street.environment, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            break
        assert time.monotonic() < deadline, done.stdout + done.stderr
    assert "no dead letters" in street.run("dead-letters", "list")
