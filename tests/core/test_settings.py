import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from customer_api.core.settings import (
    CHARACTER_RULE,
    PREFIX,
    FixedSettings,
    Settings,
    SettingsInvalid,
    load_settings,
)

SECRET = "s3cret-hunter2"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch, tmp_path):
    """Run in an empty directory and without settings of the machine's own."""
    for name in Settings.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def environment(monkeypatch):
    def set_all(**values):
        for name, value in values.items():
            monkeypatch.setenv(PREFIX + name, value)

    return set_all


def refusal():
    """Return the message of settings that cannot be loaded."""
    with pytest.raises(SettingsInvalid) as caught:
        load_settings()
    assert caught.value.__cause__ is None
    assert SECRET not in str(caught.value)
    return str(caught.value)


def test_defaults_serve_a_laptop():
    settings = load_settings()

    assert settings.database_url.get_secret_value() == "sqlite:///var/customer-api.db"
    assert settings.store == "DE"
    assert settings.double_opt_in
    assert settings.rate_limits == "on"
    assert settings.signing_keys == (Path("var/signing-key.pem"),)


def test_the_environment_sets(environment):
    environment(STORE="AT", DOUBLE_OPT_IN="false", PASSWORD_MIN_LENGTH="15", PASSWORD_PATTERN="")

    settings = load_settings()

    assert (settings.store, settings.double_opt_in) == ("AT", False)
    assert (settings.password_min_length, settings.password_pattern) == (15, "")


def test_the_file_sets_and_the_environment_wins(environment, tmp_path):
    (tmp_path / ".env").write_text(f"{PREFIX}STORE=CH\n{PREFIX}TERMS_VERSION=7\nOTHER_APP=1\n")
    environment(STORE="AT")

    settings = load_settings()

    assert (settings.store, settings.terms_version) == ("AT", "7")


def test_fixed_settings_ignore_environment_and_file(environment, tmp_path):
    (tmp_path / ".env").write_text(f"{PREFIX}TERMS_VERSION=7\n")
    environment(STORE="AT")

    settings = FixedSettings(docs=False)

    assert (settings.store, settings.terms_version, settings.docs) == ("DE", "1", False)


@pytest.mark.parametrize("name", ["PASWORD_MIN_LENGTH", "database_urls", "X"])
def test_an_unknown_name_stops_the_start(environment, name):
    environment(**{name: SECRET})

    assert refusal() == f"unknown settings: {PREFIX}{name}"


def test_an_unknown_name_in_the_file_stops_the_start(environment, tmp_path):
    (tmp_path / ".env").write_text(f"{PREFIX}TYPO={SECRET}\n{PREFIX}ANOTHER=1\n")

    assert refusal() == f"unknown settings: {PREFIX}ANOTHER, {PREFIX}TYPO"


def test_names_are_known_in_any_case(monkeypatch):
    monkeypatch.setenv((PREFIX + "STORE").lower(), "AT")

    assert load_settings().store == "AT"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("https://a.example,https://b.example", ("https://a.example", "https://b.example")),
        (" https://a.example , ,https://b.example,", ("https://a.example", "https://b.example")),
        ("https://a.example", ("https://a.example",)),
        ("", ()),
    ],
)
def test_lists_are_comma_separated(environment, text, values):
    environment(CORS_ORIGINS=text)

    assert load_settings().cors_origins == values


def test_lists_of_paths_are_comma_separated(environment):
    environment(SIGNING_KEYS="var/new.pem, var/old.pem")

    assert load_settings().signing_keys == (Path("var/new.pem"), Path("var/old.pem"))


def test_locales_are_written_alike(environment):
    environment(LOCALES="de-DE,en_US,gsw_CH")

    assert load_settings().locales == ("de_DE", "en_US", "gsw_CH")


def test_networks_and_currencies_of_the_shop_are_taken(environment):
    environment(TRUSTED_PROXIES="10.0.0.0/8, 192.0.2.1,2001:db8::/32", STORE_CURRENCIES="EUR")

    settings = load_settings()

    assert settings.trusted_proxies == ("10.0.0.0/8", "192.0.2.1", "2001:db8::/32")
    assert settings.store_currencies == ("EUR",)


def test_urls_lose_their_last_slash(environment):
    environment(STOREFRONT_URL="https://shop.example/", PUBLIC_URL="https://api.shop.example/x/")

    settings = load_settings()

    assert settings.storefront_url == "https://shop.example"
    assert settings.public_url == "https://api.shop.example/x"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_POOL_SIZE", "0"),
        ("DATABASE_POOL_SIZE", SECRET),
        ("DATABASE_BUSY_TIMEOUT_SECONDS", "0"),
        ("MAIL_WORKER", SECRET),
        ("STOREFRONT_URL", f"ftp://{SECRET}"),
        ("STOREFRONT_URL", "https://"),
        ("STOREFRONT_URL", f"https://shop.example?{SECRET}"),
        ("PUBLIC_URL", f"https://shop.example#{SECRET}"),
        ("PUBLIC_URL", ""),
        ("CONFIRMATION_LINK", f"https://shop.example/{SECRET}"),
        ("CONFIRMATION_LINK", "{storefront}/{token}"),
        ("RESTORE_LINK", "{storefront}/{0}"),
        ("RESTORE_LINK", "{storefront}/{key"),
        ("TRUSTED_PROXIES", "10.0.0.0/8,proxy"),
        ("TRUSTED_PROXIES", "10.0.0.0/33"),
        ("CORS_ORIGINS", "https://shop.example/path"),
        ("CORS_ORIGINS", "shop.example"),
        ("STORE_CURRENCIES", "EUR,chf"),
        ("STORE_COUNTRIES", "Germany"),
        ("STORE", "de"),
        ("STORE", "D--E"),
        ("STORE_CURRENCIES", ""),
        ("LOCALES", ""),
        ("LOCALES", "en"),
        ("LOCALES", "en_US,deDE"),
        ("REFERENCE_STRATEGY", SECRET),
        ("REQUIRED_FIELDS", "gender,lastname"),
        ("TERMS_VERSION", SECRET * 10),
        ("REGISTRATION_CONFLICT", "contracts"),
        ("UNCONFIRMED_TTL_DAYS", "-1"),
        ("EMAIL_CHANGE", "later"),
        ("EMAIL_CHANGE_TTL_SECONDS", str(25 * 3600)),
        ("UNDO_TTL_SECONDS", str(15 * 24 * 3600)),
        ("EMAIL_CHANGE_LINK", "{storefront}/email/confirm"),
        ("EMAIL_UNDO_LINK", "{shop}/email/undo?token={key}"),
        ("PASSWORD_UNDO_LINK", SECRET),
        ("OPERATOR_PASSWORD_LINK", SECRET),
        ("OPERATOR_PASSWORD_LINK", "https://office.example/{key"),
        ("OPERATOR_PASSWORD_LINK", "https://office.example/{storefront}/{key}"),
        ("OPERATOR_TOKEN_TTL_SECONDS", "0"),
        ("OPERATOR_SESSION_TTL_SECONDS", "0"),
        ("CONFIRMATION_TTL_SECONDS", str(8 * 24 * 3600)),
        ("PASSWORD_MIN_LENGTH", "7"),
        ("PASSWORD_MAX_LENGTH", "63"),
        ("PASSWORD_PATTERN", "[a-z"),
        ("RESTORE_TTL_SECONDS", str(25 * 3600)),
        ("SIGNING_KEYS", ""),
        ("TOKEN_SUBJECT", SECRET),
        ("ACCESS_TOKEN_TTL_SECONDS", "0"),
        ("REFRESH_RETRY_SECONDS", "301"),
        ("RATE_LIMITS", "maybe"),
        ("RATE_LIMIT_STORAGE", "redis"),
        ("RATE_LIMIT_STORAGE", f"memcached://{SECRET}"),
        ("LOGIN_FAILURE_LIMIT", "0"),
        ("LOG_LEVEL", "trace"),
    ],
)
def test_a_bad_value_is_named_and_never_repeated(environment, name, value):
    environment(**{name: value})

    assert refusal().startswith(f"{PREFIX}{name}: ")


def test_every_bad_value_is_named_at_once(environment):
    environment(STORE="de", LOCALES="en", DATABASE_POOL_SIZE=SECRET)

    names = [line.partition(":")[0] for line in refusal().splitlines()]

    assert names == [PREFIX + name for name in ("DATABASE_POOL_SIZE", "STORE", "LOCALES")]


@pytest.mark.parametrize(
    ("values", "first", "second"),
    [
        (
            {"REFRESH_TOKEN_TTL_SECONDS": "7200", "REFRESH_TOKEN_MAX_TTL_SECONDS": "7199"},
            "REFRESH_TOKEN_MAX_TTL_SECONDS",
            "REFRESH_TOKEN_TTL_SECONDS",
        ),
        (
            {"LOGIN_BLOCK_SECONDS": "61", "LOGIN_BLOCK_MAX_SECONDS": "60"},
            "LOGIN_BLOCK_MAX_SECONDS",
            "LOGIN_BLOCK_SECONDS",
        ),
    ],
)
def test_values_that_contradict_each_other_are_refused(environment, values, first, second):
    environment(**values)

    assert refusal().endswith(f"{PREFIX}{first} is less than {PREFIX}{second}")


def test_values_at_their_common_bound_are_fine(environment):
    environment(
        REFRESH_TOKEN_TTL_SECONDS="7200",
        REFRESH_TOKEN_MAX_TTL_SECONDS="7200",
        LOGIN_BLOCK_SECONDS="60",
        LOGIN_BLOCK_MAX_SECONDS="60",
    )

    assert load_settings().refresh_token_max_ttl_seconds == 7200


def test_secrets_are_not_shown(environment):
    environment(DATABASE_URL=f"postgresql://ada:{SECRET}@db/shop", MAIL_URL=f"smtp://a:{SECRET}@m")

    settings = load_settings()

    assert SECRET not in repr(settings)
    assert SECRET not in str(settings)
    assert SECRET in settings.database_url.get_secret_value()


def test_settings_cannot_be_changed():
    settings = FixedSettings()

    with pytest.raises(ValidationError, match="frozen"):
        settings.store = "AT"


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_described(name):
    description = Settings.model_fields[name].description

    assert description
    assert description.endswith(".")


@pytest.mark.parametrize(
    ("password", "is_good"),
    [
        ("Corr3ct-Horse!", True),
        ("Corr3ct\\Horse", True),
        ("corr3ct-horse!", False),
        ("CORR3CT-HORSE!", False),
        ("Correct-Horse!", False),
        ("Corr3ctHorse", False),
        ("Corr3ct-Horsé!", False),
        ("Corr3ct Horse!", False),
    ],
)
def test_the_default_pattern_is_the_contracts_character_rule(password, is_good):
    assert bool(re.match(CHARACTER_RULE, password)) is is_good
