import uuid

from customer_api.core.ids import CROCKFORD, random_crockford, random_uuid


def test_random_uuids_are_of_version_four_and_lower_case():
    texts = {random_uuid() for _ in range(100)}

    assert len(texts) == 100
    assert {uuid.UUID(text).version for text in texts} == {4}
    assert all(text == text.lower() for text in texts)


def test_random_characters_are_hard_to_misread():
    texts = {random_crockford(10) for _ in range(100)}

    assert len(texts) == 100
    assert {len(text) for text in texts} == {10}
    assert set("".join(texts)) <= set(CROCKFORD)
    assert not set("ILOU") & set(CROCKFORD)
