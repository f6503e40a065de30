"""Where debug processes spend their processor time, by crate: which dependencies are worth optimising in Cargo.toml.

Usage: make profile-debug [PROFILE_TESTS="purchase:: saga::"]

Runs some end-to-end tests under `perf record` (Debian: linux-perf; needs the right to sample the whole machine) and sums
the samples of the binary's threads by the crate whose name stands first in the symbol. Code that is generic over another
crate's types counts for the crate that defines it (`core`, `hashbrown`), wherever it was compiled.
"""

import collections
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

THREADS = "shotengai,tokio-rt-worker,actix-server wo"
ROWS = 40


def main(tests):
    if shutil.which("perf") is None:
        sys.exit("profile-debug: perf is not on the PATH (Debian: apt-get install linux-perf)")
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "perf.data"
        run = ["cargo", "test", "--workspace", "--all-features", "--test", "e2e"]
        subprocess.run([*run, "--no-run"], check=True)
        record = ["perf", "record", "--quiet", "--all-cpus", "--event", "cpu-clock", "--freq", "149", "--output", str(data), "--"]
        subprocess.run([*record, *run, "--", *tests], check=True)
        report = ["perf", "report", "--input", str(data), "--comms", THREADS, "--sort", "symbol", "--percent-limit", "0"]
        lines = subprocess.run(report, check=True, capture_output=True, text=True).stdout.splitlines()
    shares = collections.Counter()
    for line in lines:
        found = re.match(r"\s*([\d.]+)%\s+\[(.)\]\s+(.*)", line)
        if found:
            shares["(kernel)" if found[2] == "k" else crate_of(found[3])] += float(found[1])
    if not shares:
        sys.exit("profile-debug: no samples of the binary's threads")
    print("share of all samples, by crate")
    for crate, share in shares.most_common(ROWS):
        print(f"{share:6.2f} %  {crate}")


def crate_of(symbol):
    found = re.search(r"([a-z_][a-z0-9_]*)(?:\[[0-9a-f]+\])?::", symbol)
    return found[1] if found else "(C code and others)"


if __name__ == "__main__":
    main(sys.argv[1:] or ["purchase::", "saga::", "idempotency::", "cancel::"])
