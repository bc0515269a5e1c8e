"""The terminal's line for each finished trial, in place of pytest's dot."""

from typing import Any

import pytest


class TrialLines:
    """Prints a line for each finished trial instead of pytest's dot."""

    def __init__(self, reporter: Any) -> None:  # noqa: ANN401 - pytest does not export TerminalReporter's type
        reporter.showfspath = False
        self._reporter = reporter

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Print the line that the test left."""
        line = dict(report.user_properties).get("trial")
        if report.when == "call" and line:
            self._reporter.write_line(str(line))
