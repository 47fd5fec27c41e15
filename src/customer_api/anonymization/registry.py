"""Which anonymizers run, in which order."""

from collections.abc import Iterable, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from customer_api.addresses.anonymizer import AddressAnonymizer
from customer_api.anonymization.errors import AnonymizersInvalid
from customer_api.anonymization.rate_limits import RateLimitAnonymizer
from customer_api.credentials.anonymizer import CredentialAnonymizer
from customer_api.customers.anonymizer import CustomerAnonymizer
from customer_api.idempotency.anonymizer import IdempotencyAnonymizer
from customer_api.mail.anonymizer import MailAnonymizer
from customer_api.plugin import ANONYMIZERS, Anonymizer
from customer_api.tokens.anonymizer import TokenAnonymizer

BUILT_IN: Final[tuple[Anonymizer, ...]] = (
    RateLimitAnonymizer(),
    CredentialAnonymizer(),
    TokenAnonymizer(),
    MailAnonymizer(),
    IdempotencyAnonymizer(),
    AddressAnonymizer(),
    CustomerAnonymizer(),
)
"""In the order they run, after all plugins: addresses and the customer come last."""


def load_registry(
    required: Sequence[str] = (), *, plugins: Iterable[EntryPoint] | None = None
) -> tuple[Anonymizer, ...]:
    """Return all anonymizers in the order they run: plugins by name, then the built-in ones.

    Args:
        required: names of plugins without which the program must not start.
        plugins: entry points; those of the installed distributions by default.

    Raises:
        AnonymizersInvalid: a plugin cannot be loaded, a name is used twice, or a required one is
            missing.
    """
    found = entry_points(group=ANONYMIZERS) if plugins is None else plugins
    loaded = sorted((_load(plugin) for plugin in found), key=lambda plugin: plugin.name)
    names = [anonymizer.name for anonymizer in (*loaded, *BUILT_IN)]
    for name in names:
        if names.count(name) > 1:
            raise AnonymizersInvalid(f"two anonymizers are called {name!r}")
    missing = sorted(set(required) - set(names))
    if missing:
        raise AnonymizersInvalid(f"required anonymizers are not installed: {', '.join(missing)}")
    return (*loaded, *BUILT_IN)


def _load(plugin: EntryPoint) -> Anonymizer:
    try:
        anonymizer: Anonymizer = plugin.load()()
        assert isinstance(anonymizer.name, str)
        assert callable(anonymizer.erase)
    except Exception as error:
        raise AnonymizersInvalid(
            f"anonymizer plugin {plugin.value!r} cannot be loaded: {type(error).__name__}"
        ) from error
    return anonymizer
