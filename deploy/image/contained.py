#!/usr/bin/env python3
"""Runs the image's program the way a restricted pod does, by runc and without a daemon: root read-only, no capability, as
65532, no new privileges, and the arguments and settings that this script was given.

For tests that start the program through SHOTENGAI_BIN: put this in its place. ROOTFS names the image's file system,
CONTAINERS a folder for what a container needs while it runs. Network and clock are the machine's; memory has no limit
here, and there is no seccomp filter.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

ROOTFS = Path(os.environ["ROOTFS"])
CONTAINERS = Path(os.environ["CONTAINERS"])
SETS = ("bounding", "effective", "inheritable", "permitted", "ambient")
OWN = {"ROOTFS", "CONTAINERS", "PATH", "HOME"}


def file_mount(bundle: Path, source: str) -> dict:
    """A secret's file, where the program looks for it, readable to it and to nobody else."""
    copy = bundle / Path(source).name
    copy.write_bytes(Path(source).read_bytes())
    os.chown(copy, 65532, 65532)
    copy.chmod(0o400)
    return {"destination": f"/run/secrets/{copy.name}", "type": "bind", "source": str(copy), "options": ["bind", "ro"]}


def end_with_me(command: list[str]) -> None:
    """Runs the command once this process has ended, killed or not: a container outlives the runc that started it."""
    watched, held = os.pipe()
    os.set_inheritable(held, True)
    if os.fork():
        os.close(watched)
        return
    os.close(held)
    os.setsid()
    os.read(watched, 1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)
    os.execvp(command[0], command)


def main() -> None:
    bundle = Path(tempfile.mkdtemp(dir=CONTAINERS))
    settings = {name: value for name, value in os.environ.items() if name not in OWN}
    mounts = [
        {"destination": "/proc", "type": "proc", "source": "proc"},
        {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755", "size=64k"]},
        {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev", "mode=1777", "size=16m"]},
        {"destination": "/run", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev", "mode=755", "size=1m"]},
        {"destination": "/etc/resolv.conf", "type": "bind", "source": "/etc/resolv.conf", "options": ["bind", "ro"]},
    ]
    if key := settings.get("JWT_SIGNING_KEY_FILE"):
        mounts.append(file_mount(bundle, key))
        settings["JWT_SIGNING_KEY_FILE"] = mounts[-1]["destination"]
    config = {
        "ociVersion": "1.0.2",
        "process": {
            "user": {"uid": 65532, "gid": 65532},
            "args": ["/usr/local/bin/shotengai", *sys.argv[1:]],
            "env": [f"{name}={value}" for name, value in settings.items()],
            "cwd": "/",
            "capabilities": {name: [] for name in SETS},
            "noNewPrivileges": True,
        },
        "root": {"path": str(ROOTFS), "readonly": True},
        "mounts": mounts,
        "linux": {"namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount")]},
    }
    (bundle / "config.json").write_text(json.dumps(config))
    runc = ["runc", "--root", str(CONTAINERS / "runc")]
    end_with_me([*runc, "delete", "--force", bundle.name])
    os.execvp("runc", [*runc, "run", "--bundle", str(bundle), bundle.name])


main()
