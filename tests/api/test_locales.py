import pytest

from customer_api.api.locales import LONGEST_HEADER, Locales

LOCALES = Locales(("en_US", "de_DE", "de_AT", "fr_CH"))


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        ("", "en_US"),
        ("de", "de_DE"),
        ("de-AT", "de_AT"),
        ("de_AT", "de_AT"),
        ("DE-at", "de_AT"),
        ("de-CH", "de_DE"),
        ("fr", "fr_CH"),
        ("fr-FR,de;q=0.9", "fr_CH"),
        ("it,de;q=0.5,fr;q=0.8", "fr_CH"),
        ("de;q=0.2, fr ; q=0.9", "fr_CH"),
        ("fr;q=0,de;q=0.1", "de_DE"),
        ("de;q=0", "en_US"),
        ("*", "en_US"),
        ("it", "en_US"),
        ("it;q=1,*;q=0.1", "en_US"),
        ("de;level=1", "de_DE"),
        ("de;q=high,fr;q=0.1", "fr_CH"),
        ("de;q=nan", "en_US"),
        (",,;;==", "en_US"),
        ("\x00", "en_US"),
        ("de," * LONGEST_HEADER, "en_US"),
    ],
)
def test_the_best_locale_of_the_store_is_chosen(header, locale):
    assert LOCALES.negotiate(header) == locale


def test_the_first_of_equal_wishes_wins():
    assert LOCALES.negotiate("fr;q=0.5,de;q=0.5") == "fr_CH"


def test_the_default_is_the_first_locale():
    assert Locales(("de_DE", "en_US")).default == "de_DE"


@pytest.mark.parametrize(("header", "language"), [("de", "de_DE"), ("it", "en_US"), ("", "en_US")])
async def test_answers_name_their_language(shop, header, language):
    answer = await shop.client.get("/nonsense", headers={"Accept-Language": header})

    assert answer.headers["content-language"] == language
