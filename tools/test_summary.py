#!/usr/bin/env python3
"""Sums the parts of a test run; the last line printed is `N passed, N failed`.

Usage: test_summary.py PART=EXIT_CODE[:JUNIT_FILE_OR_FOLDER] …

A part with a JUnit file counts its cases; a folder counts those of every file in it. A part without
one counts as a single case. A part that says it failed, but whose report shows no failed case (a
crash, a time-out, a report never written), counts one failure more.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as xml
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __iadd__(self, other: "Count") -> "Count":
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        return self


def read_junit(path: Path) -> Count:
    """The cases of one JUnit file. A file that cannot be read holds nothing."""
    count = Count()
    try:
        cases = list(xml.parse(path).iter("testcase"))
    except (OSError, xml.ParseError):
        return count
    for case in cases:
        if any(case.find(tag) is not None for tag in ("failure", "error")) or case.get("status") == "fail":
            count.failed += 1
        elif case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
            count.skipped += 1
        else:
            count.passed += 1
    return count


def read_ctest(path: Path, cases: Path) -> Count:
    """ctest's report, where a test that left `<name>.xml` in `cases` counts each of its own cases."""
    count = Count()
    try:
        tests = list(xml.parse(path).iter("testcase"))
    except (OSError, xml.ParseError):
        return count
    for test in tests:
        own = read_junit(cases / f"{test.get('name')}.xml")
        went_wrong = test.get("status") not in ("run", "notrun", "disabled")
        if own.passed + own.failed + own.skipped == 0:
            own = Count(passed=0 if went_wrong or test.get("status") != "run" else 1)
            own.skipped = 1 if not went_wrong and not own.passed else 0
        if went_wrong and own.failed == 0:
            own.failed += 1
        count += own
    return count


def part_count(exit_code: int, report: str) -> Count:
    if not report:
        return Count(passed=int(exit_code == 0), failed=int(exit_code != 0))
    path = Path(report)
    count = read_ctest(path / "ctest.xml", path) if path.is_dir() else read_junit(path)
    if exit_code != 0 and count.failed == 0:
        count.failed += 1
    return count


def main(arguments: list[str]) -> int:
    total = Count()
    for argument in arguments:
        part, _, rest = argument.partition("=")
        code, _, report = rest.partition(":")
        count = part_count(int(code), report)
        skipped = f", {count.skipped} skipped" if count.skipped else ""
        print(f"  {part}: {count.passed} passed, {count.failed} failed{skipped}")
        total += count
    print(f"{total.passed} passed, {total.failed} failed")
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
