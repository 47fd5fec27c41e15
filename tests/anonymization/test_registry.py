from importlib.metadata import EntryPoint

import pytest

from customer_api.anonymization.errors import AnonymizersInvalid
from customer_api.anonymization.registry import BUILT_IN, load_exporters, load_registry
from customer_api.bootstrap import build
from customer_api.plugin import ANONYMIZERS
from tests.anonymization import plugins
from tests.anonymization.plugins import entry_point, exporter_point

BUILT_IN_NAMES = [
    "rate_limits",
    "restore_requests",
    "newsletter",
    "guest_orders",
    "credentials",
    "tokens",
    "mail",
    "idempotency",
    "notes",
    "groups",
    "addresses",
    "customer",
]


def names(anonymizers):
    return [anonymizer.name for anonymizer in anonymizers]


def test_without_plugins_the_built_in_ones_run_and_the_customer_comes_last():
    assert names(load_registry(plugins=())) == BUILT_IN_NAMES == names(BUILT_IN)


def test_plugins_run_first_by_name_however_they_are_found():
    found = [entry_point(kind) for kind in (plugins.Loyalty, plugins.Broken, plugins.Wishlists)]

    forward = names(load_registry(plugins=found))

    assert forward == ["a-wishlists", "broken", "loyalty", *BUILT_IN_NAMES]
    assert names(load_registry(plugins=reversed(found))) == forward


def test_installed_distributions_are_asked_by_default(monkeypatch):
    def entry_points(*, group):
        return [entry_point(plugins.Loyalty)] if group == ANONYMIZERS else []

    monkeypatch.setattr("customer_api.anonymization.registry.entry_points", entry_points)

    assert names(load_registry()) == ["loyalty", *BUILT_IN_NAMES]


def test_a_required_plugin_that_is_there_is_fine():
    found = [entry_point(plugins.Loyalty)]

    assert "loyalty" in names(load_registry(("loyalty", "customer"), plugins=found))


def test_required_plugins_that_are_missing_are_named():
    with pytest.raises(AnonymizersInvalid, match=r"not installed: a, z$"):
        load_registry(("z", "customer", "a"), plugins=())


@pytest.mark.parametrize("kinds", [(plugins.FalseCustomer,), (plugins.Loyalty, plugins.Loyalty)])
def test_two_anonymizers_of_one_name_are_refused(kinds):
    with pytest.raises(AnonymizersInvalid, match="two anonymizers are called"):
        load_registry(plugins=[entry_point(kind) for kind in kinds])


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (plugins.NeedsArguments, "TypeError"),
        (plugins.Nameless, "AttributeError"),
        (plugins.Idle, "AttributeError"),
    ],
)
def test_a_class_that_is_no_anonymizer_is_named(kind, reason):
    with pytest.raises(AnonymizersInvalid, match=rf"plugins:{kind.__name__}.* {reason}$"):
        load_registry(plugins=[entry_point(kind)])


def test_exporters_come_by_name_and_from_their_own_group():
    found = [exporter_point(plugins.LoyaltyExporter), entry_point(plugins.Wishlists)]

    assert names(load_exporters(plugins=found)) == ["loyalty"]
    assert names(load_registry(plugins=found)) == ["a-wishlists", *BUILT_IN_NAMES]
    assert load_exporters() == ()


def test_two_exporters_of_one_name_are_refused():
    with pytest.raises(AnonymizersInvalid, match="two exporters are called 'loyalty'"):
        load_exporters(plugins=[exporter_point(plugins.LoyaltyExporter)] * 2)


def test_a_class_that_is_no_exporter_is_named():
    with pytest.raises(AnonymizersInvalid, match=r"exporter plugin .*Loyalty.* AttributeError$"):
        load_exporters(plugins=[exporter_point(plugins.Loyalty)])


def test_a_module_that_is_missing_is_named():
    missing = EntryPoint("loyalty", "no_such_module:Loyalty", ANONYMIZERS)

    with pytest.raises(AnonymizersInvalid, match=r"no_such_module.* ModuleNotFoundError"):
        load_registry(plugins=[missing])


def test_a_shop_does_not_open_without_its_required_plugin(make_settings):
    with pytest.raises(AnonymizersInvalid, match="loyalty"):
        build(make_settings(required_anonymizers=("loyalty",)))
