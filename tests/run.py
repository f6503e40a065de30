"""All tests that cargo runs, those again in the second shape that it changes, and the web pages in a browser.

The simulation's seeds want nothing but a processor, for minutes; the end-to-end tests wait for most of their time. So the
seeds run beside the others, with the lowest priority, and say what came of them at the end. Exit code 1 when anything
failed: what can still run, runs, and the last lines name what failed.

    python3 tests/run.py
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from failures import Failures

ROOT = Path(__file__).resolve().parent.parent
CARGO = ["cargo", "test", "--workspace", "--all-features"]
# The second shape: each role a process of its own behind the door, change capture for the outbox.
SECOND_SHAPE = {"E2E_DOOR": "1", "E2E_PUBLISH": "cdc"}
# Every test of `--test seeds`, and no other, has this in its name.
SEEDS = "histories::"
# Where guards of roles write down which rights were used, in both shapes.
RIGHTS = ROOT / ".local" / "rights"
WEB = ROOT / "services" / "storefront" / "web"
LOG = ROOT / ".local" / "seeds.log"


def one_shape():
    """Names of end-to-end tests that the second shape leaves out."""
    lines = (ROOT / "tests" / "e2e" / "one-shape.txt").read_text(encoding="utf-8").splitlines()
    return [line.split()[0] for line in lines if line and not line.startswith("#")]


def skipping(names):
    return [word for name in names for word in ("--skip", name)]


def alone():
    """In a process group of its own, so that it can be ended with all that it started; last in line for the processor."""
    os.setpgrp()
    os.nice(19)


def run(title, *command, cwd=ROOT, **environment):
    """Runs a command, shows what it prints as it comes, and returns what failed, each line behind the title."""
    failures = Failures()
    process = subprocess.Popen(
        command, cwd=cwd, env={**os.environ, **environment}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace",
    )
    with process:
        try:
            for line in process.stdout:
                print(line, end="", flush=True)
                failures.line(line)
        except BaseException:
            process.terminate()
            raise
    return [f"{title}: exit code {process.returncode}", *failures.lines()] if process.returncode else []


def pages():
    """The web pages in a browser, before a street of their own; nothing where the binary was built without them."""
    if os.environ.get("WEB") == "off":
        print("WEB=off: no pages, so no browser tests", flush=True)
        return []
    return run("web pages", "npm", "run", "--silent", "browser", cwd=WEB)


def end(process):
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if broken := run("build", *CARGO, "--no-run"):
        print("\n".join(broken))
        return 1
    LOG.parent.mkdir(exist_ok=True)
    shutil.rmtree(RIGHTS, ignore_errors=True)
    os.environ["E2E_RIGHTS"] = str(RIGHTS)
    with LOG.open("wb") as log:
        began = time.monotonic()
        seeds = subprocess.Popen(
            [*CARGO, "--test", "seeds"], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=alone
        )
        try:
            failed = run("tests", *CARGO, "--no-fail-fast", "--", *skipping([SEEDS]))
            apart = [*CARGO, "--no-fail-fast", "--test", "e2e", "--test", "hostile"]
            failed += run("second shape", *apart, "--", *skipping(one_shape()), **SECOND_SHAPE)
            # What failed tests did not come to is no news.
            failed += [] if failed else run("rights", sys.executable, "tests/rights.py", str(RIGHTS))
            failed += pages()
            if seeds.poll() is None:
                print("waiting for the simulation's seeds", flush=True)
            clean = seeds.wait() == 0
        finally:
            end(seeds)
    said = LOG.read_text(encoding="utf-8", errors="replace").splitlines()
    print(f"\nThe simulation's seeds, beside the other tests until second {time.monotonic() - began:.0f} at the latest:")
    print("\n".join(line for line in said if not clean or line.startswith("test ")), flush=True)
    if not clean:
        seeds_failures = Failures()
        for line in said:
            seeds_failures.line(line)
        failed += ["seeds:", *seeds_failures.lines()]
    if failed:
        print("\nFAILED\n" + "\n".join(failed), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
