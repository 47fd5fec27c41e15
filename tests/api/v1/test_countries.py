import pytest

from customer_api.api.v1.countries import alpha_3, english_name, is_known


@pytest.mark.parametrize(
    ("code", "name", "three"),
    [
        ("DE", "Germany", "DEU"),
        ("FR", "France", "FRA"),
        ("GB", "United Kingdom", "GBR"),
        ("MM", "Myanmar (Burma)", "MMR"),
        ("XK", "Kosovo", "XKK"),
    ],
)
def test_country_has_a_name_and_a_long_code(code, name, three):
    assert is_known(code)
    assert english_name(code) == name
    assert alpha_3(code) == three


@pytest.mark.parametrize("code", ["", "de", "ZZ", "AA", "EU", "QM", "XA", "XX", "UK", "DEU", "1A"])
def test_what_is_no_country_is_unknown(code):
    assert not is_known(code)
    assert english_name(code) is None
    assert alpha_3(code) is None


def test_no_code_has_no_name():
    assert english_name(None) is None
