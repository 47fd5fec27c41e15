import pytest

from customer_api.api.conditions import expected_state, to_etag
from customer_api.core.states import ANY_STATE, SOME_STATE


def test_without_a_condition_any_state_will_do():
    assert expected_state([]) == ANY_STATE


@pytest.mark.parametrize("values", [["*"], [" * "]])
def test_a_star_is_any_state_of_what_is_there(values):
    assert expected_state(values) == SOME_STATE


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (['"1"'], {"1"}),
        (['"1"', '"2"'], {"1", "2"}),
        (['"1", "2b",\t"3"'], {"1", "2b", "3"}),
        ([',, "1",,"2" , '], {"1", "2"}),
        (['W/"1", "2"'], {"2"}),
        (['"a,b"'], {"a,b"}),
        (['""'], {""}),
        (['"\xe4"'], {"\xe4"}),
        (['W/"1"'], set()),
        ([""], set()),
        ([","], set()),
        (["1"], set()),
        (['"1'], set()),
        (['"1" "2"'], set()),
        (['"1", *'], set()),
        (['"1", 2'], set()),
        (['w/"1"'], set()),
        (['"1 2"'], set()),
        (['"1", ' * 5000 + "x"], set()),
    ],
)
def test_a_condition_names_states(values, names):
    assert expected_state(values).names == names


def test_a_tag_is_what_a_condition_names():
    assert expected_state([to_etag("3bs")]).names == {"3bs"}
