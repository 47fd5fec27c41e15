import json

import pytest

from customer_api.tokens.subject import JsonSubjects, PlainSubjects


def test_storefront_clients_parse_the_subject():
    subject = JsonSubjects().write("DE--21")

    assert json.loads(subject) == {"customer_reference": "DE--21", "id_company_user": None}
    assert JsonSubjects().read(subject) == "DE--21"


def test_the_plain_subject_is_the_reference():
    assert PlainSubjects().write("DE--21") == "DE--21"
    assert PlainSubjects().read("DE--21") == "DE--21"


@pytest.mark.parametrize(
    "subject",
    [
        "",
        "DE--21",
        "[]",
        "null",
        "{}",
        '{"customer_reference": 21}',
        '{"customer_reference": null}',
    ],
)
def test_other_texts_are_no_subject_of_ours(subject):
    assert JsonSubjects().read(subject) is None


@pytest.mark.parametrize("form", ["glue", "plain"])
async def test_tokens_work_with_either_form(open_shop, form):
    shop = await open_shop(token_subject=form)

    ada = await shop.account()

    assert await shop.is_logged_in(ada)


async def test_tokens_of_the_other_form_are_refused(open_shop):
    plain, glue = await open_shop(token_subject="plain"), await open_shop()
    ada = await plain.account()

    assert await plain.is_logged_in(ada)
    assert not await glue.is_logged_in(ada)
