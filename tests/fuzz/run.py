"""Tries every operation of docs/openapi.json with made-up requests, good and bad, as nobody, a customer and the administrator.

Opens a street of its own on free ports, asks Schemathesis for CASES requests in all, and holds every answer against the
document and against checks.py. Exit code 1 where one does not hold; 2 where the command line is wrong.

    python tests/fuzz/run.py [--cases 20000] [--as nobody,customer,admin] [--seed N] [--quick]
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / ".local" / "fuzz"
ADMIN = {"email": "admin@example.com", "password": "admin123"}
CALLERS = ["nobody", "customer", "admin"]
# Limits are for others to try: here they would only make most answers 429.
OPEN_DOOR = {
    "RATE_LIMIT_PER_SECOND": "100000",
    "RATE_LIMIT_BURST": "100000",
    "SIGN_IN_LIMIT_PER_MINUTE": "100000",
    "ADDRESS_CALLERS": "100",
    "QUERY_MIN_VERSION_WAIT_MS": "50",
}
# What one operation is asked without fuzzing: examples and boundary values.
FIXED = 45


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--cases", type=int, default=20_000, help="requests in all, about (20,000)")
    parser.add_argument("--as", dest="callers", default=",".join(CALLERS), help="who asks (nobody,customer,admin)")
    parser.add_argument("--seed", type=int, default=1, help="what is made up is the same for the same seed (1)")
    parser.add_argument("--quick", action="store_true", help="examples and boundary values only, as the administrator")
    asked = parser.parse_args()
    asked.callers = ["admin"] if asked.quick else asked.callers.split(",")
    unknown = [caller for caller in asked.callers if caller not in CALLERS]
    if unknown:
        parser.error(f"--as: there is no {unknown[0]}; there are {', '.join(CALLERS)}")
    return asked


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Street:
    """`shotengai dev` on free ports, for as long as the block lasts."""

    def __enter__(self):
        http, self.health, aws, smtp, inbox = free_ports(5)
        self.url = f"http://127.0.0.1:{http}"
        binary = os.environ.get("SHOTENGAI_BIN", str(ROOT / "target" / "debug" / "shotengai"))
        ports = {"http": http, "health": self.health, "aws": aws, "smtp": smtp, "inbox": inbox}
        options = [word for name, port in ports.items() for word in (f"--{name}-port", str(port))]
        self.log = (PLACE / "street.log").open("wb")
        self.process = subprocess.Popen(
            [binary, "dev", "--quiet", *options],
            cwd=ROOT, env={**os.environ, **OPEN_DOOR}, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
        )
        deadline = time.monotonic() + 120
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                sys.exit(f"the street did not open; see {self.log.name}")
            time.sleep(0.2)
        return self

    def is_ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.health}/readyz", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.wait(60)
        self.log.close()

    def call(self, path, body, token=None):
        headers = {"content-type": "application/json"}
        if token:
            headers["authorization"] = f"Bearer {token}"
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def sign_in(self, caller):
        """A token, and something that is the caller's own already."""
        if caller == "admin":
            return self.call("/auth/login", ADMIN)["access_token"]
        token = self.call("/auth/guest", {"email": "fuzz@example.com", "language": "en"})["access_token"]
        self.call("/cart/items", {"product_id": "prod_kinoko", "quantity": 2}, token)
        self.call("/orders", {"items": [{"product_id": "prod_takenoko", "quantity": 1}]}, token)
        return token


def settings(caller):
    """The configuration of one caller."""
    text = (Path(__file__).parent / "schemathesis.toml").read_text(encoding="utf-8")
    text = text.replace('"checks.py"', json.dumps(str(Path(__file__).parent / "checks.py")))
    path = PLACE / f"{caller}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def summary(report):
    """How many requests were made, and how many checks did not hold."""
    cases = failures = 0
    for line in report.read_text(encoding="utf-8").splitlines():
        for kind, event in json.loads(line).items():
            if kind == "ScenarioFinished":
                recorder = event["recorder"]
                cases += len(recorder.get("interactions", {}))
                checks = recorder.get("checks", {}).values()
                failures += sum(check["status"] == "failure" for of_case in checks for check in of_case)
    return cases, failures


def fuzz(street, caller, asked):
    examples = max(1, asked.cases // len(asked.callers) // asked.operations - FIXED)
    phases = "examples,coverage" if asked.quick else "examples,coverage,fuzzing,stateful"
    report, log = PLACE / f"{caller}.ndjson", PLACE / f"{caller}.log"
    command = [
        str(Path(sys.executable).parent / "st"), "--config-file", str(settings(caller)), "run", f"{street.url}/openapi.json",
        "--phases", phases, "--max-examples", str(examples), "--seed", str(asked.seed), "--continue-on-failure",
        "--no-color", "--report", "ndjson", "--report-ndjson-path", str(report),
    ]
    # Not by a sign-in whenever one is wanted: made-up passwords of the administrator have the account's sign-ins slowed.
    if caller != "nobody":
        command += ["-H", f"Authorization: Bearer {street.sign_in(caller)}"]
    began = time.monotonic()
    with log.open("wb") as out:
        code = subprocess.run(command, cwd=PLACE, stdout=out, stderr=out, stdin=subprocess.DEVNULL).returncode
    cases, failures = summary(report)
    print(f"as {caller:8} {cases:6} requests, {failures} failed checks, {time.monotonic() - began:.0f} s", flush=True)
    if code:
        text = log.read_text(encoding="utf-8", errors="replace")
        print(text[max(0, text.find("= FAILURES =") - 40) :])
    return code == 0, cases


def main():
    asked = arguments()
    PLACE.mkdir(parents=True, exist_ok=True)
    document = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
    methods = {"get", "post", "put", "delete", "patch"}
    asked.operations = sum(method in methods for item in document["paths"].values() for method in item)
    with Street() as street:
        results = [fuzz(street, caller, asked) for caller in asked.callers]
    print(f"{sum(cases for _, cases in results)} requests over {asked.operations} operations, seed {asked.seed}")
    return 0 if all(good for good, _ in results) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
