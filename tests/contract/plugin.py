"""The contract in every test run: a breach fails its test, or the whole run where it is no test's; see `watch.py`.

Each process of a run checks its own; under pytest-xdist the workers report to the one that prints.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.document import PATH
from tests.contract.watch import Watch, check_recorded, is_possible, watching

if TYPE_CHECKING:
    from collections.abc import Generator


def pytest_configure(config: pytest.Config) -> None:
    """Begin to watch, where the document is there."""
    if is_possible():
        config.pluginmanager.register(Contract(config), "contract")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly that nothing was checked."""
    if not is_possible():
        terminalreporter.write_line(f"NOT CHECKED: no published API document at {PATH}", red=True)


class Contract:
    """What one process of a run has seen, and in the one that prints, what all have."""

    def __init__(self, config: pytest.Config) -> None:
        self.watch = Watch()
        self.checked = 0
        self.breaches: list[str] = []
        self._stack = ExitStack()
        self._record = self._stack.enter_context(watching(self.watch))
        config.add_cleanup(self._stack.close)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self) -> Generator[None]:
        """Fail a test whose fixtures broke the contract; what was found before is not its fault."""
        self.breaches += self.watch.take()
        yield from self._hold()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Generator[None]:
        """Fail a test that broke the contract, whatever else becomes of it."""
        yield from self._hold()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self) -> Generator[None]:
        """Fail a test whose fixtures broke the contract as they ended."""
        yield from self._hold()

    def _hold(self) -> Generator[None]:
        try:
            yield
        finally:
            if breaches := self.watch.take():
                pytest.fail("not as the published document has it:\n" + "\n".join(breaches), pytrace=False)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Check what other processes recorded; then hand all over, or judge."""
        check_recorded(self.watch, self._record)
        self.checked += self.watch.checked
        self.breaches += self.watch.take()
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["contract"] = (self.checked, self.breaches)
        elif self.breaches:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a worker has found; one that crashed has nothing to say, and fails the run anyway."""
        checked, breaches = getattr(node, "workeroutput", {}).get("contract", (0, []))
        self.checked += checked
        self.breaches += breaches

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say how much was checked, and what was wrong outside the tests' own processes."""
        terminalreporter.write_line(f"{self.checked} exchanges checked against the published API document")
        for breach in self.breaches:
            terminalreporter.write_line(f"NOT AS DOCUMENTED: {breach}", red=True)
