"""Cells that a spreadsheet would run as formulas.

Who opens a file of customers in a spreadsheet must not run what one of them typed as a name. Such a
text is written behind an apostrophe, which is taken off when the file is read; so is a text that
would be read as one of these.
"""

import re
from typing import Final

MARK: Final = "'"
_DANGEROUS: Final = re.compile(r"'*[=+\-@\t\r\n]")
_ESCAPED: Final = re.compile(r"'+[=+\-@\t\r\n]")


def escape(text: str) -> str:
    """Return the text as it is written into a cell."""
    return MARK + text if _DANGEROUS.match(text) else text


def unescape(text: str) -> str:
    """Return the text that stands in a cell; `escape` undone."""
    return text[1:] if text[:1] == MARK and _ESCAPED.match(text) else text
