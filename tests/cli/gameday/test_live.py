"""A run on a terminal: what stands on its screen, what its keys do, and that the terminal is as it was afterwards."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.gameday.terminal import ALTERNATE_ON, Terminal, terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from tests.cli.shell import Shell


def hosted(shell: Shell, name: str, *flags: str, **environ: Any) -> AbstractContextManager[Terminal]:
    """Play a small game day on a terminal, in the sandbox, approved."""
    go = ("gameday", "run", f"{name}.yaml", "--sandbox", "--run-id", "live", "--auto-approve", *flags)
    return terminal(shell, *go, **environ)


@pytest.fixture
def quiet(shell: Shell) -> Iterator[Terminal]:
    """Give a run in real time whose first incident is declared."""
    with hosted(shell, "quiet") as at:
        at.wait_for("declare outage (INC-1)", "in 00:5")
        yield at


def events(shell: Shell) -> list[str]:
    """Return what the journal of the run tells, by the words of its events."""
    path = shell.folder / ".reconciler/sandbox/gamedays/live/run.jsonl"
    return [json.loads(line)["event"] for line in path.read_text().splitlines()]


def test_the_screen_tells_how_the_run_stands(shell: Shell) -> None:
    """Clock, next step, incidents, expectations and events stand on 80 columns and 24 rows, and nothing else."""
    with hosted(shell, "failover", "--speed", "20") as at:
        shown = at.wait_for("set severity Critical on db-failover (INC-1)", "never status Closed on db-failover")
        lines = shown.splitlines()
        code = at.end()
        assert at.is_as_before

    assert len(lines) == 24
    assert "Failover of eu-west-1" in lines[0]
    assert "running at speed 20" in lines[0]
    assert "of 10:00" in lines[1]
    assert "in 0" in lines[2]
    assert any(line.startswith("  INC-1  db-failover") for line in lines)
    assert "1 held" in shown
    assert lines[-1].split()[:2] == ["p", "pause"]
    assert code == 0
    assert "Played to its end" in at.scrolled.rpartition("\x1b[?1049l")[2]


def test_a_yes_at_the_prompt_begins_the_run(shell: Shell) -> None:
    """The preview stands where everything else of the terminal does, and is answered there."""
    with terminal(shell, "gameday", "run", "quiet.yaml", "--sandbox", "--speed", "300") as at:
        at.wait_for("Play this game day? [y/N]")
        at.press("y\n")
        assert at.end() == 0
        assert at.is_as_before


def test_a_no_at_the_prompt_sends_nothing(shell: Shell) -> None:
    """Whoever does not like what is shown has lost nothing."""
    with terminal(shell, "gameday", "run", "quiet.yaml", "--sandbox") as at:
        at.wait_for("Play this game day? [y/N]")
        at.press("n\n")
        code = at.end()

    assert code == 4
    assert "nothing was sent: declined" in at.text
    assert not (shell.folder / ".reconciler/sandbox/gamedays").exists()


def test_p_stops_the_clock_and_lets_it_go_on(quiet: Terminal, shell: Shell) -> None:
    """A host who is asked something stops the world."""
    quiet.press("p")
    quiet.wait_for("PAUSED", "p  go on")
    quiet.press("p")
    quiet.wait_for("goes on", "running", "p  pause")

    assert [one for one in events(shell) if one in {"paused", "gone on"}] == ["paused", "gone on"]


def test_a_plus_adds_a_minute(quiet: Terminal, shell: Shell) -> None:
    """People who are about to manage get the time to."""
    quiet.press("+")
    quiet.wait_for("the clock stands for 1m", "HELD 00:5")

    assert "held" in events(shell)


def test_s_passes_over_what_comes_next(quiet: Terminal) -> None:
    """A step that the discussion has overtaken is left out."""
    quiet.press("s")

    quiet.wait_for("skipped: update outage")


def test_q_asks_before_it_ends_the_run(quiet: Terminal, shell: Shell) -> None:
    """One key must not end an evening; two do, and close what is open."""
    quiet.press("q")
    quiet.wait_for("End the run now and close its incidents? y/n")
    quiet.press("n")
    quiet.until(lambda: "y/n" not in quiet.text)
    quiet.press("q")
    quiet.wait_for("y/n")
    quiet.press("y")
    code = quiet.end()

    assert code == 130
    assert events(shell)[-2:] == ["cleaned", "over"]
    assert quiet.is_as_before
    assert "Aborted" in quiet.scrolled


def test_l_leaves_the_run_to_be_taken_up(quiet: Terminal, shell: Shell) -> None:
    """The host closes the laptop, and says how to go on."""
    quiet.press("l")
    quiet.wait_for("to be taken up again? y/n")
    quiet.press("y")
    code = quiet.end()

    assert code == 130
    assert events(shell)[-1] == "left"
    assert "reconciler gameday run quiet.yaml --run-id live --sandbox" in quiet.text.replace("\n", " ")


def test_arrows_and_other_keys_do_nothing(quiet: Terminal, shell: Shell) -> None:
    """A cat on the keyboard plays no game day."""
    before = events(shell)
    quiet.press("\x1b[A\x1b[Bxyz\t\r1\x13\x1a")
    quiet.press("p")
    quiet.wait_for("PAUSED")

    assert events(shell) == [*before, "paused"]


@pytest.mark.parametrize("keys", ["p", "s", " "])
def test_a_pause_of_the_script_waits_for_its_host(shell: Shell, keys: str) -> None:
    """It says what to do meanwhile, and any of the keys that one would try goes on."""
    with hosted(shell, "paused", "--speed", "120") as at:
        at.wait_for("PAUSED", "Brief the observers.")
        at.press(keys)
        assert at.end() == 0

    assert {"paused", "gone on", "over"} <= set(events(shell))


def test_ctrl_c_ends_the_run_in_order(quiet: Terminal, shell: Shell) -> None:
    """As everywhere: the first one ends it, and leaves nothing open."""
    quiet.press("\x03")
    code = quiet.end()

    assert code == 130
    assert events(shell)[-1] == "over"
    assert quiet.is_as_before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_terminal_is_restored_where_a_run_is_left_at_once(shell: Shell, number: signal.Signals) -> None:
    """A second signal waits for no answer; the terminal is usable all the same."""
    shell.environ["INCIDENT_API_KEY"] = "sandbox"
    with shell.served("--fault", "slow-headers=20:1:write:/v2/incidents") as url:
        go = ("gameday", "run", "quiet.yaml", "--base-url", url, "--run-id", "slow", "--auto-approve")
        with terminal(shell, *go) as at:
            at.wait_for("One incident, nothing expected", "q  abort")
            at.process.send_signal(number)
            at.draw(0.3)
            at.process.send_signal(number)
            code = at.end()

            assert code == 130
            assert at.is_as_before


def test_a_terminal_that_goes_away_leaves_the_run(quiet: Terminal, shell: Shell) -> None:
    """A closed window is not a host's decision to end: the run can be taken up."""
    quiet.hang_up()
    code = quiet.end()

    assert code == 130
    assert "over" not in events(shell)
    assert shell.run("gameday", "cleanup", "live", "--sandbox", "--auto-approve").code == 0


def test_a_defect_leaves_the_terminal_as_it_was(shell: Shell) -> None:
    """Whatever goes wrong is told where it can be read."""
    with hosted(shell, "quiet", "--speed", "2") as at:
        at.wait_for("declare outage (INC-1)")
        (shell.folder / ".reconciler/sandbox/gamedays/live/lock").unlink()
        at.press("q")
        at.wait_for("y/n")
        at.press("y")
        at.end()

        assert at.is_as_before


def test_it_is_drawn_anew_when_the_terminal_changes_its_size(quiet: Terminal) -> None:
    """From a laptop to a projector and back, in the middle of a run."""
    quiet.resize(120, 40)
    wide = quiet.wait_for("Incidents", "q  abort")
    quiet.resize(60, 12)
    small = quiet.wait_for("Incidents", "q  abort")

    assert len(wide.splitlines()) == 40
    assert len(small.splitlines()) == 12
    assert max(map(len, small.splitlines())) <= 60


def test_no_color_is_respected(shell: Shell) -> None:
    """What colours say, words say as well."""
    with hosted(shell, "failover", "--speed", "60", NO_COLOR="1") as at:
        at.wait_for("set severity Critical on db-failover (INC-1)")
        assert at.end() == 0

    styles = {(cell.fg, cell.bg) for row in at.screen.buffer.values() for cell in row.values()}
    assert styles <= {("default", "default")}
    assert b"\x1b[3" not in at.raw


@pytest.mark.parametrize(
    ("flags", "environ"),
    [(("-v",), {}), (("--format", "json"), {}), ((), {"TERM": "dumb"})],
)
def test_what_cannot_be_drawn_on_is_told_in_lines(
    shell: Shell, flags: tuple[str, ...], environ: dict[str, str]
) -> None:
    """A simple terminal, and whoever wants each request or JSON, get lines; keys do what they do."""
    with hosted(shell, "paused", "--speed", "120", *flags, **environ) as at:
        at.until(
            lambda: '"event":"paused"' in at.scrolled or "] paused: Brief the observers." in at.scrolled, what="a pause"
        )
        at.press("p")
        code = at.end()

        assert code == 0, at.scrolled
        assert ALTERNATE_ON not in at.raw
        assert at.is_as_before


def test_without_unicode_it_is_drawn_in_ascii(shell: Shell) -> None:
    """The clock of an old terminal is text, its meter made of dashes."""
    with hosted(
        shell, "failover", "--speed", "60", LANG="C", LC_ALL="POSIX", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0"
    ) as at:
        shown = at.wait_for("INC-1", "running at speed")
        at.end()

    assert "---" in shown
    assert shown.isascii()
