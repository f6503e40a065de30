"""Runs one program for as long as its owner lives.

Usage: keeper.py SIGNAL GRACE_SECONDS PROGRAM [ARGUMENT...]

The owner holds the other end of our standard input. The kernel closes that end however the owner dies, also by
SIGKILL, and then the program's whole process group is asked to stop with SIGNAL and, after the grace, killed.
Our first line of output is the program's process id; both its outputs go to our standard error, a log file.
Not covered: a SIGKILL of this process itself leaves the program running.
"""

import os
import select
import signal
import sys
import time

ASKED_TO_STOP = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def become(command):
    """Replaces this forked process with the program."""
    try:
        os.setpgid(0, 0)
        # Python ignores these, and what is ignored stays so across exec.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(2, 1)
        os.execvp(command[0], command)
    except OSError as error:
        os.write(2, f"keeper: cannot run {command[0]}: {error.strerror}\n".encode())
    finally:
        os._exit(127)


def announce(child):
    try:
        os.write(1, f"{child}\n".encode())
    except OSError:
        pass  # The owner is gone already; end of input says so too.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def signal_group(child, number):
    try:
        os.killpg(child, number)
    except (ProcessLookupError, PermissionError):
        pass  # Nobody left; macOS answers "not permitted" for a group of zombies.


def keep(child, wake, polite, grace):
    """Waits for the program's end, bringing it about when asked to; its wait status."""
    killing_at = None
    killed = False
    while True:
        watched = [wake, 0] if killing_at is None else [wake]
        timeout = None if killing_at is None or killed else max(0.0, killing_at - time.monotonic())
        ready, _, _ = select.select(watched, [], [], timeout)
        asked = wake in ready and any(number in ASKED_TO_STOP for number in os.read(wake, 512))
        orphaned = 0 in ready and not os.read(0, 512)
        if killing_at is None and (asked or orphaned):
            killing_at = time.monotonic() + grace
            signal_group(child, polite)
        elif killing_at is not None and not killed and time.monotonic() >= killing_at:
            killed = True
            signal_group(child, signal.SIGKILL)
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status


def main():
    polite, grace, command = signal.Signals[sys.argv[1]], float(sys.argv[2]), sys.argv[3:]
    wake, woken = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(woken, False)
    # Before the fork: an end of the program that comes at once must wake us as well.
    signal.set_wakeup_fd(woken)
    for number in (signal.SIGCHLD, *ASKED_TO_STOP):
        signal.signal(number, lambda *_: None)
    child = os.fork()
    if child == 0:
        become(command)
    try:
        # Both sides do it, so the group exists before either goes on.
        os.setpgid(child, child)
    except OSError:
        pass
    announce(child)
    code = os.waitstatus_to_exitcode(keep(child, wake, polite, grace))
    # What it left behind in its group.
    signal_group(child, signal.SIGKILL)
    os._exit(code if code >= 0 else 128 - code)


main()
