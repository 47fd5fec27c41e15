"""Countries, from CLDR by way of Babel."""

from functools import cache
from typing import Final

from babel import Locale
from babel.core import get_global

ALPHA_2: Final = 2
ALPHA_3: Final = 3
WITHDRAWN: Final = frozenset({"BUR", "DDR", "FXX", "TMP", "YMD", "ZAR"})
"""Alpha-3 codes of ISO 3166-3 whose alpha-2 successor has a code of its own."""


def is_known(code: str) -> bool:
    """Return whether this is the ISO 3166-1 alpha-2 code of a country, in capital letters."""
    return code in _names()


def english_name(code: str | None) -> str | None:
    """Return the country's English name; None for no or an unknown code."""
    return None if code is None else _names().get(code)


def alpha_3(code: str) -> str | None:
    """Return the ISO 3166-1 alpha-3 code of a country."""
    return _alpha_3_codes().get(code)


@cache
def _names() -> dict[str, str]:
    territories = Locale("en").territories
    return {code: territories[code] for code in _alpha_3_codes() if code in territories}


@cache
def _alpha_3_codes() -> dict[str, str]:
    """Return alpha-3 by alpha-2: CLDR lists alpha-3 codes as aliases of the countries it knows."""
    aliases = get_global("territory_aliases")
    return {
        targets[0]: alias
        for alias, targets in aliases.items()
        if len(targets) == 1
        and len(alias) == ALPHA_3
        and alias.isalpha()
        and alias not in WITHDRAWN
        and len(targets[0]) == ALPHA_2
        and not _is_private(targets[0])
    }


def _is_private(code: str) -> bool:
    """Return whether ISO 3166-1 leaves the code to its users (AA, QM-QZ, XA-XZ, ZZ); not Kosovo."""
    return (
        code in {"AA", "EU", "ZZ"}
        or "QM" <= code <= "QZ"
        or ("XA" <= code <= "XZ" and code != "XK")
    )
