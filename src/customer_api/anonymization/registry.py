"""Which anonymizers and exporters run, in which order."""

from collections.abc import Iterable, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from customer_api.addresses.anonymizer import AddressAnonymizer
from customer_api.anonymization.errors import AnonymizersInvalid
from customer_api.anonymization.rate_limits import RateLimitAnonymizer
from customer_api.credentials.anonymizer import CredentialAnonymizer
from customer_api.customers.anonymizer import CustomerAnonymizer
from customer_api.groups.anonymizer import GroupAnonymizer
from customer_api.idempotency.anonymizer import IdempotencyAnonymizer
from customer_api.mail.anonymizer import MailAnonymizer
from customer_api.newsletter.anonymizer import NewsletterAnonymizer
from customer_api.notes.anonymizer import NoteAnonymizer
from customer_api.orders.anonymizer import GuestOrderAnonymizer
from customer_api.passwords.anonymizer import RestoreRequestAnonymizer
from customer_api.plugin import ANONYMIZERS, EXPORTERS, Anonymizer, Exporter
from customer_api.tokens.anonymizer import TokenAnonymizer

BUILT_IN: Final[tuple[Anonymizer, ...]] = (
    RateLimitAnonymizer(),
    RestoreRequestAnonymizer(),
    NewsletterAnonymizer(),
    GuestOrderAnonymizer(),
    CredentialAnonymizer(),
    TokenAnonymizer(),
    MailAnonymizer(),
    IdempotencyAnonymizer(),
    NoteAnonymizer(),
    GroupAnonymizer(),
    AddressAnonymizer(),
    CustomerAnonymizer(),
)
"""In the order they run, after all plugins: the keys go after what is found by them, addresses and
the customer come last."""


def load_registry(
    required: Sequence[str] = (), *, plugins: Iterable[EntryPoint] | None = None
) -> tuple[Anonymizer, ...]:
    """Return all anonymizers in the order they run: plugins by name, then the built-in ones.

    Args:
        required: names of plugins without which the program must not start.
        plugins: entry points of any group; those of the installed distributions by default.

    Raises:
        AnonymizersInvalid: a plugin cannot be loaded, a name is used twice, or a required one is
            missing.
    """
    loaded: list[Anonymizer] = _load_all(plugins, ANONYMIZERS, "anonymizer", "erase")
    _require_unique("anonymizers", [*loaded, *BUILT_IN])
    missing = sorted(set(required) - {anonymizer.name for anonymizer in (*loaded, *BUILT_IN)})
    if missing:
        raise AnonymizersInvalid(f"required anonymizers are not installed: {', '.join(missing)}")
    return (*loaded, *BUILT_IN)


def load_exporters(*, plugins: Iterable[EntryPoint] | None = None) -> tuple[Exporter, ...]:
    """Return the exporters of plugins by name; the program's own tables need none.

    Args:
        plugins: entry points of any group; those of the installed distributions by default.

    Raises:
        AnonymizersInvalid: a plugin cannot be loaded, or a name is used twice.
    """
    loaded: list[Exporter] = _load_all(plugins, EXPORTERS, "exporter", "export")
    _require_unique("exporters", loaded)
    return tuple(loaded)


def _load_all(
    plugins: Iterable[EntryPoint] | None, group: str, kind: str, method: str
) -> list[Any]:
    found = entry_points(group=group) if plugins is None else plugins
    loaded = [_load(plugin, kind, method) for plugin in found if plugin.group == group]
    return sorted(loaded, key=lambda plugin: plugin.name)


def _load(plugin: EntryPoint, kind: str, method: str) -> Any:  # noqa: ANN401 - of either protocol
    try:
        loaded = plugin.load()()
        assert isinstance(loaded.name, str)
        assert callable(getattr(loaded, method))
    except Exception as error:
        raise AnonymizersInvalid(
            f"{kind} plugin {plugin.value!r} cannot be loaded: {type(error).__name__}"
        ) from error
    return loaded


def _require_unique(kind: str, loaded: Sequence[Anonymizer | Exporter]) -> None:
    names = [plugin.name for plugin in loaded]
    for name in names:
        if names.count(name) > 1:
            raise AnonymizersInvalid(f"two {kind} are called {name!r}")
