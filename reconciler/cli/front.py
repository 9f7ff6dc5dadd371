"""What `reconciler` says by itself: its commands, its version. Imports nothing, so that nobody waits for it."""

from __future__ import annotations

import sys

from reconciler import __version__

COMMANDS = {
    "init": ("[DIR]", "write a workspace to start from"),
    "validate": ("[PATH…]", "check the manifests, offline"),
    "plan": ("[PATH…]", "show what apply would do; reads only"),
    "apply": ("[PATH…]", "make the account what the manifests say"),
    "drift": ("[PATH…]", "show what changed outside; reads only"),
    "state": ("…", "list, show, correct and rebuild what is remembered"),
    "gameday": ("…", "play scripted incidents on a clock, and score the answers"),
    "sandbox": ("…", "emulate the incident.io API, to try, learn and test"),
    "schema": ("[KIND]", "print the JSON Schema of manifests"),
}
"""Every command with its arguments and what it is for; each is the `command` of the module of its name."""

VERSION = f"reconciler {__version__}"

HELP = f"""\
Usage: reconciler COMMAND [OPTIONS] [PATH…]

Incident response as code for incident.io: declare incidents in YAML, see the
plan, apply it once.

Commands:
{chr(10).join(f"  {name:<9}{takes:<9}{tells}" for name, (takes, tells) in COMMANDS.items())}

Options:
  -h, --help         show this page, or what a command takes
  --version          show the version

PATH is a file or a folder; by default the manifests of the workspace.
No account yet? `reconciler init demo`, then `reconciler plan demo --sandbox`.

Exit codes: 0 done, or nothing to do · 1 internal error · 2 changes (with
--detailed-exitcode), or drift · 3 manifests or flags are wrong · 4 refused, in
whole or in part · 5 not all was done · 6 key missing or not allowed · 7 the API
could not be reached · 130 interrupted
"""


def answered(arguments: list[str]) -> bool:
    """Write what answers arguments that need no command, and return whether that was so."""
    match arguments:
        case [] | ["-h" | "--help"]:
            text = HELP
        case ["--version"]:
            text = f"{VERSION}\n"
        case _:
            return False
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    sys.stdout.write(text)
    sys.stdout.flush()
    return True
