"""The clock of a run in figures that are read from the back of a room, three rows high. Pure."""

from __future__ import annotations

_FIGURES = {
    "0": ("┏━┓", "┃ ┃", "┗━┛"),
    "1": (" ╻ ", " ┃ ", " ╹ "),
    "2": ("╺━┓", "┏━┛", "┗━╸"),
    "3": ("╺━┓", "╺━┫", "╺━┛"),
    "4": ("╻ ╻", "┗━┫", "  ╹"),
    "5": ("┏━╸", "┗━┓", "╺━┛"),
    "6": ("┏━╸", "┣━┓", "┗━┛"),
    "7": ("╺━┓", "  ┃", "  ╹"),
    "8": ("┏━┓", "┣━┫", "┗━┛"),
    "9": ("┏━┓", "┗━┫", "╺━┛"),
    ":": ("╻", " ", "╹"),
}
HEIGHT = 3


def rows(text: str) -> list[str]:
    """Return a time such as `05:30` in three rows."""
    return [" ".join(_FIGURES[one][row] for one in text) for row in range(HEIGHT)]
