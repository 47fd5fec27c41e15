import pytest

from customer_api.core.states import ANY_STATE, ExpectedState, StateOutdated


@pytest.mark.parametrize("expected", [ANY_STATE, ExpectedState(frozenset({"1", "2"}))])
def test_an_expected_state_may_be_changed(expected):
    expected.require("2")


@pytest.mark.parametrize("names", [frozenset({"1"}), frozenset()])
def test_another_state_is_told(names):
    with pytest.raises(StateOutdated) as caught:
        ExpectedState(names).require("2")

    assert caught.value.present == "2"
