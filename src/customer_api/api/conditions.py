"""Names of states on the wire: `ETag`, `If-Match` and `If-None-Match` (RFC 9110, 8.8.3 and 13.1)."""

import re
from collections.abc import Sequence
from typing import Final

from customer_api.core.states import ANY_STATE, NO_STATE, SOME_STATE, ExpectedState

_TAG: Final = r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"'
_TAGS: Final = re.compile(rf"[ \t,]*{_TAG}(?:[ \t]*,(?:[ \t]*{_TAG})?)*[ \t]*")


def to_etag(state: str) -> str:
    """Return the strong entity tag of a state."""
    return f'"{state}"'


def expected_state(values: Sequence[str], none_of: Sequence[str] = ()) -> ExpectedState:
    """Return the states that the values of `If-Match` name; any state when there is no such header.

    `*` is any state of what is there (RFC 9110, 13.1.1). `none_of` are the values of `If-None-Match`, of
    which a write heeds `*`: there must be nothing yet (13.1.2).

    Weak tags never match (RFC 9110, 8.8.3.2), and no state has the name of something that is no list
    of tags.
    """
    value = ", ".join(values).strip()
    if any(it.strip() == "*" for it in none_of):
        return NO_STATE
    if not values:
        return ANY_STATE
    if value == "*":
        return SOME_STATE
    if not _TAGS.fullmatch(value):
        return ExpectedState(frozenset())
    tags = re.findall(_TAG, value)
    return ExpectedState(frozenset(name for weak, name in tags if not weak))
