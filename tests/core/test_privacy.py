from customer_api.core.privacy import KEPT, PERSONAL, kept, personal


def test_a_kept_column_carries_its_reason():
    assert kept("identity of orders") == {"privacy": KEPT, "reason": "identity of orders"}


def test_a_personal_column_is_marked():
    assert personal() == {"privacy": PERSONAL}
