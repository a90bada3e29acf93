"""The sum at the end of `./dev test`: nothing that went wrong may count as passed."""

import pytest
from test_summary import main, part_count


def junit(*cases: str) -> str:
    return f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>"


GOOD, BAD = '<testcase name="a"/>', '<testcase name="b"><failure/></testcase>'
SKIPPED = '<testcase name="c"><skipped/></testcase>'


def counts(*arguments):
    count = part_count(*arguments)
    return count.passed, count.failed, count.skipped


def test_a_part_without_a_report_is_one_case():
    assert counts(0, "") == (1, 0, 0)
    assert counts(2, "") == (0, 1, 0)


def test_pytest_reports_are_summed(tmp_path):
    report = tmp_path / "python.xml"
    report.write_text(junit(GOOD, GOOD, BAD, SKIPPED))
    assert counts(1, str(report)) == (2, 1, 1)


@pytest.mark.parametrize("text", [None, "<testsuites><tests", junit(GOOD)])
def test_a_crash_counts_whatever_the_report_says(tmp_path, text):
    report = tmp_path / "python.xml"
    if text is not None:
        report.write_text(text)
    assert part_count(139, str(report)).failed == 1


def test_ctest_counts_the_cases_of_each_binary(tmp_path):
    (tmp_path / "ctest.xml").write_text(junit(
        '<testcase name="base_test" status="run"/>',
        '<testcase name="codec_test" status="fail"/>',
        '<testcase name="plain" status="run"/>',
        '<testcase name="crashed" status="fail"/>'))
    (tmp_path / "base_test.xml").write_text(junit(*['<testcase name="x" status="run"/>'] * 3))
    (tmp_path / "codec_test.xml").write_text(junit('<testcase status="run"/>', '<testcase status="run"><failure/></testcase>'))
    assert counts(8, str(tmp_path)) == (3 + 1 + 1, 1 + 1, 0)


def test_the_last_line_and_the_exit_code(tmp_path, capsys):
    assert main(["C++=0", "Python=1"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "1 passed, 1 failed"
    assert main(["C++=0"]) == 0
