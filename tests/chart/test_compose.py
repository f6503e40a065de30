"""deploy/compose.sh over stubs: it seeds a street that answers, and says so when none does."""

import shutil
import subprocess

import pytest

import chart

STUB = """#!/bin/sh
echo "{tool} $*" >> "$CALLS"
{does}
"""
# Each fails so many times first.
DOES = {
    "docker": 'case "$*" in *" seed "*) [ "$(grep -c " seed " "$CALLS")" -gt "${SEEDS_FAIL:-0}" ] || { echo "503 of catalog" >&2; exit 1; }; esac; echo done',
    "curl": '[ "$(grep -c ^curl "$CALLS")" -gt "${READS_FAIL:-0}" ]',
    "sleep": "",
}


@pytest.fixture
def up(tmp_path):
    """Runs `compose.sh up` in a folder of its own; answers exit code, what it said, and what it asked for."""
    path = tmp_path / "bin"
    path.mkdir()
    for tool in ("sh", "dirname", "mkdir", "mv", "chmod", "date", "grep"):
        (path / tool).symlink_to(shutil.which(tool))
    for tool, does in DOES.items():
        (path / tool).write_text(STUB.format(tool=tool, does=does))
        (path / tool).chmod(0o755)
    (tmp_path / "deploy").mkdir()
    script = shutil.copy(chart.ROOT / "deploy" / "compose.sh", tmp_path / "deploy")
    calls = tmp_path / "calls"
    calls.write_text("")

    def run(**env):
        done = subprocess.run(["sh", script, "up"], env={"PATH": str(path), "CALLS": str(calls), **env}, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr, calls.read_text().splitlines()

    return run


def test_nothing_is_sold_before_the_street_answers(up):
    code, said, calls = up(READS_FAIL="3", SEEDS_FAIL="2")
    assert code == 0 and "the street is open" in said, said
    assert [call.split()[0] for call in calls if call.startswith("curl") or " seed " in call] == ["curl"] * 4 + ["docker", "curl", "docker", "curl", "docker"]
    assert "503" not in said


@pytest.mark.parametrize(("env", "why"), [({"READS_FAIL": "9"}, "nothing answers at http://"), ({"SEEDS_FAIL": "9"}, "503 of catalog")])
def test_a_street_that_stays_shut_is_given_up_with_the_reason(up, env, why):
    code, said, _ = up(COMPOSE_SECONDS="0", **env)
    assert code == 1 and why in said and "the street is open" not in said and "compose.yaml logs" in said
