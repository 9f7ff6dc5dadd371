"""A regular expression → a text in which it is found, as somebody would say it. Pure."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field

# The standard library's own reading of an expression, which is the one that decides whether a text matches.
from re import _parser  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any

from reconciler.gameday.patterns import is_found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

LONGEST = 2_000
"""Signs of a text beyond which nobody would say it."""
_VARIANTS = 6
_FILLERS = (" are ", "1", "A", " ")
_SIGNS = tuple("a4A z9_-.:/'!?#*\n")


def fitting(pattern: str, opening: str = "An update", accepts: Callable[[str], bool] = lambda _: True) -> str | None:
    """Return a text that is accepted and in which a pattern is found, whatever the case; None where none comes to mind.

    It begins with the opening where the pattern lets it. What `re` cannot read has no words either.
    """
    with warnings.catch_warnings():
        # Expressions that a later Python may read differently are no concern of whoever rehearses.
        warnings.simplefilter("ignore", FutureWarning)
        try:
            parsed = _parser.parse(pattern)
        except (re.error, RecursionError, OverflowError):
            return None
    for text in _candidates(parsed, opening):
        if len(text) <= LONGEST and text.strip() and is_found(pattern, text) and accepts(text):
            return text
    return None


def _candidates(parsed: Any, opening: str) -> Iterator[str]:
    """Yield texts that may match, those that read well first."""
    for variant in range(_VARIANTS):
        try:
            said = _Saying(variant).of(parsed)
        except (_Unsayable, RecursionError):
            continue
        words = re.sub(" +", " ", said).strip()
        yield f"{opening}: {words}."
        yield words
        yield f"{opening}: {said}"
        yield said


class _Unsayable(Exception):
    """Words for this are not found simply."""


@dataclass(slots=True)
class _Saying:
    """One way of saying an expression: `variant` chooses where there are several."""

    variant: int
    groups: dict[int, str] = field(default_factory=dict)

    def of(self, parsed: Any) -> str:
        """Return the parts of an expression one after the other."""
        # What is not in the table, an anchor or what must not follow, has no words: the whole is tried at the end.
        return "".join(_WAYS[str(one)](self, told) for one, told in parsed if str(one) in _WAYS)

    def but(self, members: Sequence[Any]) -> str:
        """Return a sign that is none of these."""
        signs = (sign for sign in _SIGNS if not any(_holds(one, sign) for one in members))
        return next(signs, "")

    def any_sign(self, _: Any = None) -> str:
        """Return some sign."""
        return _SIGNS[self.variant % len(_SIGNS)]

    def one_of(self, members: Sequence[Any]) -> str:
        """Return a sign of a set."""
        if str(members[0][0]) == "NEGATE":
            return self.but(members[1:])
        operation, told = chosen = members[self.variant % len(members)]
        match str(operation):
            case "LITERAL":
                return chr(told)
            case "RANGE":
                return chr(told[0])
        return next((sign for sign in _SIGNS if _holds(chosen, sign)), "")

    def repeated(self, told: Any) -> str:
        """Return something as often as it must be said, once where that is allowed: `s?` mostly ends a word."""
        least, most, inner = told
        if least > LONGEST:
            raise _Unsayable
        if [str(one) for one, _ in inner] == ["ANY"]:
            # `.*` between two words stands for a word.
            filler = _FILLERS[self.variant % len(_FILLERS)]
            return filler if least <= len(filler) <= most else self.any_sign() * least
        times = max(least, min(1, most)) if self.variant % 2 == 0 else least
        return "".join(self.of(inner) for _ in range(times))

    def group(self, told: Any) -> str:
        """Return what a group says, and keep it for whoever refers to it."""
        number, *_, inner = told
        self.groups[number] = said = self.of(inner)
        return said

    def way(self, told: Any) -> str:
        """Return one of several ways to say it."""
        ways = told[1]
        return self.of(ways[self.variant % len(ways)])

    def ahead(self, told: Any) -> str:
        """Return what must follow: said before it does, it is there."""
        direction, inner = told
        return self.of(inner) + " " if direction > 0 else ""


_WAYS: Mapping[str, Callable[[_Saying, Any], str]] = {
    "LITERAL": lambda _, told: chr(told),
    "NOT_LITERAL": lambda saying, told: saying.but([("LITERAL", told)]),
    "ANY": _Saying.any_sign,
    "IN": _Saying.one_of,
    "MAX_REPEAT": _Saying.repeated,
    "MIN_REPEAT": _Saying.repeated,
    "POSSESSIVE_REPEAT": _Saying.repeated,
    "SUBPATTERN": _Saying.group,
    "ATOMIC_GROUP": _Saying.of,
    "BRANCH": _Saying.way,
    "GROUPREF": lambda saying, told: saying.groups.get(told, ""),
    "ASSERT": _Saying.ahead,
}
"""How each part of an expression is said, by the parser's word for it."""

_CATEGORIES = {
    "CATEGORY_DIGIT": r"\d",
    "CATEGORY_NOT_DIGIT": r"\D",
    "CATEGORY_WORD": r"\w",
    "CATEGORY_NOT_WORD": r"\W",
    "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S",
}


def _holds(member: Any, sign: str) -> bool:
    """Return whether a member of a set means a sign."""
    operation, told = member
    match str(operation):
        case "LITERAL":
            return bool(ord(sign) == told)
        case "RANGE":
            return bool(told[0] <= ord(sign) <= told[1])
    return re.fullmatch(_CATEGORIES[str(told)], sign) is not None
