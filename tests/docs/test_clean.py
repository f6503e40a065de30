"""`make clean` (deploy/local/clean.sh) removes `.local`, and not under a street that is open."""

import fcntl
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from documents import ROOT


class Clean(unittest.TestCase):
    def setUp(self):
        made = tempfile.TemporaryDirectory()
        self.addCleanup(made.cleanup)
        self.folder = pathlib.Path(made.name)
        (self.folder / "deploy" / "local").mkdir(parents=True)
        shutil.copy(ROOT / "deploy" / "local" / "clean.sh", self.folder / "deploy" / "local")
        self.state = self.folder / ".local" / "run"
        self.state.mkdir(parents=True)
        self.lock = self.state / "street.lock"

    def clean(self, **environment):
        # Nothing of the machine is touched: without notes of what was made as root, nothing is undone.
        script = self.folder / "deploy" / "local" / "clean.sh"
        path = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"}
        return subprocess.run(["sh", script], env=path | environment, capture_output=True, text=True, timeout=60)

    def test_it_refuses_while_a_street_is_open_and_says_how_to_close_it(self):
        self.lock.write_text("open\n")
        with self.lock.open() as street:
            fcntl.flock(street, fcntl.LOCK_EX)
            refused = self.clean()
        self.assertEqual((refused.returncode, refused.stdout), (2, ""), refused.stderr)
        self.assertEqual(refused.stderr.count("\n"), 1)
        for way in ("make down", "Ctrl-C"):
            self.assertIn(way, refused.stderr)
        self.assertTrue(self.lock.exists())

    def test_what_a_street_that_was_killed_left_is_removed(self):
        self.lock.write_text("open\n")
        done = self.clean()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertFalse((self.folder / ".local").exists())

    def test_without_python_it_does_not_guess(self):
        self.lock.touch()
        refused = self.clean(PYTHON="no-such-python")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("can't be told", refused.stderr)
        self.assertTrue(self.lock.exists())


if __name__ == "__main__":
    unittest.main()
