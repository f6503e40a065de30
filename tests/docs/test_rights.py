"""tests/rights.py tells which rights no test used, and tests/e2e/unused-rights.txt gives each a reason."""

import sys
import tempfile
import unittest
from pathlib import Path

from documents import ROOT

sys.path.insert(0, str(ROOT / "tests"))
import rights  # noqa: E402


class Rights(unittest.TestCase):
    GRANTED = {("order", "dynamodb:GetItem", "table/a"), ("order", "dynamodb:PutItem", "table/a")}

    def test_what_guards_write_is_read(self):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "1.tsv").write_text("granted\torder\tdynamodb:GetItem\ttable/a\nused\torder\tdynamodb:GetItem\ttable/a\n")
            right = ("order", "dynamodb:GetItem", "table/a")
            self.assertEqual(rights.written(folder), {"granted": {right}, "used": {right}})

    def test_an_unused_right_without_a_reason_is_a_fault(self):
        written = {"granted": self.GRANTED, "used": {("order", "dynamodb:GetItem", "table/a")}}
        told = ["never used, and no reason is given: order dynamodb:PutItem table/a"]
        self.assertEqual(rights.faults(written, []), told)
        self.assertEqual(rights.faults(written, rights.listed("# a list\n* dynamodb:Put* table/*  seldom\n")), [])

    def test_a_reason_for_what_nobody_may_is_a_fault(self):
        written = {"granted": self.GRANTED, "used": self.GRANTED}
        self.assertEqual(rights.faults(written, rights.listed("ops s3:* *  gone\n")), ["listed, and no role has it: ops s3:* *"])

    def test_every_line_of_the_list_has_a_reason(self):
        self.assertGreater(len(rights.listed(rights.LISTED.read_text(encoding="utf-8"))), 10)


if __name__ == "__main__":
    unittest.main()
