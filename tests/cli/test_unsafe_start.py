"""What would be unsafe is refused before the start, and `doctor` says so as well.

Other tests of this directory hold the rest of the scenario: a schema that does not fit.
"""

import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from customer_api.core.settings import Settings
from customer_api.main import create_app
from tests.blackbox.server import start_server

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.promise("S62")


def write_key(path, *, bits=2048, mode=0o600):
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(pem)
    path.chmod(mode)


UNSAFE_KEYS = {
    "open to all": ({"mode": 0o644}, "open to group or others (mode 0644); run chmod 600"),
    "open to the group": ({"mode": 0o640}, "open to group or others (mode 0640); run chmod 600"),
    "weak": ({"bits": 1024}, "RSA keys need 2048 bits, this has 1024"),
}


@pytest.mark.parametrize("command", ["serve", "doctor"])
@pytest.mark.parametrize(("unsafe", "message"), UNSAFE_KEYS.values(), ids=UNSAFE_KEYS)
def test_a_key_that_is_not_safe_stops_the_start(run, directory, command, unsafe, message):
    write_key(directory / "key.pem", **unsafe)
    run("migrate")

    result = run(command, SIGNING_KEYS="key.pem")

    assert result.exit_code != 0
    assert f"key.pem: {message}" in result.output


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("CORS_ALLOW_CREDENTIALS", "true"),
        ("DEBUG", "true"),
        ("RELOAD", "true"),
        ("SECRET_KEY", "change-me"),
    ],
)
@pytest.mark.parametrize("command", ["serve", "doctor"])
def test_what_cannot_be_made_unsafe_cannot_be_set(run, command, setting, value):
    result = run(command, **{setting: value})

    assert result.exit_code == 2
    assert f"unknown settings: CUSTOMER_API_{setting}" in result.output


async def test_there_is_no_debug_mode(shop):
    app = create_app(shop.container)
    while not hasattr(app, "debug"):
        app = app._app  # noqa: SLF001 - through the middleware to the application

    assert not app.debug
    assert not [name for name in Settings.model_fields if "debug" in name]


def test_no_key_comes_with_the_program():
    """A sample key would be in use somewhere; each installation makes its own."""
    private = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]{16}")
    found = [
        path
        for directory in ("src", "tests", "examples", "deploy", "docs", "migrations")
        for path in (ROOT / directory).rglob("*")
        if path.is_file() and private.search(path.read_bytes())
    ]

    assert found == []


def test_the_process_itself_ends_with_the_message(tmp_path):
    write_key(tmp_path / "key.pem", mode=0o644)

    with pytest.raises(AssertionError, match="run chmod 600"):
        start_server(tmp_path, {"CUSTOMER_API_SIGNING_KEYS": "key.pem"})
