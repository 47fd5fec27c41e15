"""The error table of the back office: every row is provoked by a test of this directory."""

import re
from pathlib import Path

from customer_api.api.back_office.v1.errors import BACK_OFFICE_ERRORS

TESTS = Path(__file__).parents[1]
BEHIND_FIELD_RULES = {"418", "419", "420"}
"""Of the policy for passwords; the rules of the field refuse the same before, by 1202."""


def test_every_code_is_looked_for_by_a_test():
    tests = [path for path in TESTS.glob("back_office/*.py") if path != Path(__file__)]
    texts = "".join(path.read_text("utf-8") for path in tests)
    codes = {row.code for row in BACK_OFFICE_ERRORS.values() if row.code is not None}

    assert {it for it in codes if not re.search(f'"{it}"', texts)} == BEHIND_FIELD_RULES


def test_a_code_has_one_status_and_text():
    rows = {(row.code, row.status, row.detail) for row in BACK_OFFICE_ERRORS.values() if row.code}

    assert len({code for code, *_ in rows}) == len(rows)
