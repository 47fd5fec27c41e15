import pytest

from customer_api.core.states import ANY_STATE, SOME_STATE, ExpectedState, StateOutdated


@pytest.mark.parametrize("expected", [ANY_STATE, SOME_STATE, ExpectedState(frozenset({"1", "2"}))])
def test_an_expected_state_may_be_changed(expected):
    expected.require("2")


@pytest.mark.parametrize("names", [frozenset({"1"}), frozenset()])
def test_another_state_is_told(names):
    with pytest.raises(StateOutdated) as caught:
        ExpectedState(names).require("2")

    assert caught.value.present == "2"


@pytest.mark.parametrize("expected", [ANY_STATE, ExpectedState(frozenset({"0"}))])
def test_what_is_not_there_may_be_made(expected):
    expected.require_absence("0")


@pytest.mark.parametrize("expected", [SOME_STATE, ExpectedState(frozenset({"1"}))])
def test_who_expects_something_makes_nothing(expected):
    with pytest.raises(StateOutdated) as caught:
        expected.require_absence("0")

    assert caught.value.present == "0"
