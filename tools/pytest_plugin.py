"""A test that is not run has not passed: turn every skip into a failure.

Odoo skips its browser tests in silence when a library or a browser is missing, which
would leave a green run that tested nothing.
"""

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    return _refuse_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    return _refuse_skip((yield))


def _refuse_skip(report):
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr
        if isinstance(reason, tuple):
            reason = reason[2]
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid}: skipped tests are failures here ({reason})"
    return report
