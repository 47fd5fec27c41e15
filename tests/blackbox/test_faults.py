"""What the real server does when it is killed, stopped or run as several processes."""

import json
import os
import re
import signal
import socket
import time

import httpx
import pytest
from sqlalchemy.engine import make_url

from tests.blackbox.server import start_server
from tests.faults.proxy import ChaosProxy
from tests.shop import PASSWORD, registration

DEADLINE_SECONDS = 20


@pytest.fixture
def environment(database_url):
    return {"CUSTOMER_API_DATABASE_URL": database_url, "CUSTOMER_API_DOUBLE_OPT_IN": "false"}


def body(resource_type, attributes):
    return {"data": {"type": resource_type, "attributes": attributes}}


def register(server, **changes):
    document = body("customers", registration(**changes))
    return httpx.post(f"{server.url}/v1/customers", json=document, trust_env=False)


def log_in(server, username="ada@shop.example"):
    attributes = {"username": username, "password": PASSWORD}
    return httpx.post(
        f"{server.url}/v1/access-tokens", json=body("access-tokens", attributes), trust_env=False
    )


def wait_for(condition):
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not (result := condition()):
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)
    return result


def exchange(server, request):
    """Send raw bytes and return the status line of the answer."""
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=DEADLINE_SECONDS) as connection:
        connection.sendall(request)
        return connection.makefile("rb").readline()


@pytest.mark.contract("phrase-1")
def test_422_is_unprocessable_content(tmp_path):
    document = json.dumps(body("customers", {})).encode()
    request = (
        b"POST /v1/customers HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%b"
    ) % (len(document), document)

    with start_server(tmp_path) as server:
        status_line = exchange(server, request)

    assert status_line == b"HTTP/1.1 422 Unprocessable Content\r\n"


def test_413_is_content_too_large(tmp_path):
    request = b"POST /v1/customers HTTP/1.1\r\nHost: localhost\r\nContent-Length: 65537\r\n\r\n"

    with start_server(tmp_path) as server:
        status_line = exchange(server, request)

    assert status_line == b"HTTP/1.1 413 Content Too Large\r\n"


@pytest.mark.promise("G9", "S12")
def test_acknowledged_registration_survives_a_kill_and_its_mail_is_sent(tmp_path, environment):
    server = start_server(tmp_path, environment | {"CUSTOMER_API_MAIL_WORKER": "false"})
    created = register(server)
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait(DEADLINE_SECONDS)

    with start_server(tmp_path, environment) as restarted:
        login = log_in(restarted)
        (mail,) = wait_for(lambda: list(restarted.mail_directory.glob("*.eml")))

    assert (created.status_code, login.status_code) == (201, 201)
    assert "To: ada@shop.example" in mail.read_text("ascii")


@pytest.mark.promise("G13", "S98")
def test_request_in_flight_is_answered_after_sigterm(tmp_path, environment):
    document = json.dumps(body("customers", registration())).encode()
    with start_server(tmp_path, environment) as server:
        host, port = server.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=DEADLINE_SECONDS) as connection:
            answer = connection.makefile("rb")
            connection.sendall(
                b"POST /v1/customers HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(document)
            )
            assert answer.readline() == b"HTTP/1.1 100 Continue\r\n"
            answer.readline()

            server.process.terminate()
            connection.sendall(document)

            assert answer.readline() == b"HTTP/1.1 201 Created\r\n"
        assert server.stop() == 0


def test_logout_counts_on_every_worker_at_once(tmp_path, environment):
    with start_server(tmp_path, environment, workers=2) as server:
        reference = register(server).json()["data"]["id"]
        tokens = log_in(server).json()["data"]["attributes"]
        headers = {"Authorization": f"Bearer {tokens['accessToken']}"}
        profile = f"{server.url}/v1/customers/{reference}"
        before = {httpx.get(profile, headers=headers).status_code for _ in range(20)}

        httpx.delete(f"{server.url}/v1/refresh-tokens/mine", headers=headers)
        after = {httpx.get(profile, headers=headers).status_code for _ in range(20)}

    assert (before, after) == ({200}, {401})


def test_nothing_personal_is_logged(tmp_path, environment):
    person = {"email": "quetzal@shop.example", "firstName": "Quetzalcoatl", "lastName": "Xochitl"}
    with start_server(tmp_path, environment) as server:
        register(server, **person)
        register(server, **person)
        log_in(server, person["email"])
        wait_for(lambda: list(server.mail_directory.glob("*.eml")))

    log = server.log.read_text("utf-8")
    assert '"status": 201' in log
    assert not re.search(r"quetzal|xochitl|shop\.example|Corr3ct", log, re.IGNORECASE)


@pytest.mark.promise("S106")
def test_server_comes_up_before_its_database(tmp_path, signing_key, postgres_url):
    with ChaosProxy(make_url(postgres_url).port) as proxy:
        proxy.reset()
        url = make_url(postgres_url).set(port=proxy.port)
        environment = {
            "CUSTOMER_API_DATABASE_URL": url.render_as_string(hide_password=False),
            "CUSTOMER_API_SIGNING_KEYS": str(signing_key),
        }
        with start_server(tmp_path, environment) as server:
            ready = httpx.get(f"{server.url}/health/ready", trust_env=False)
            login = log_in(server)
            proxy.heal()
            wait_for(lambda: httpx.get(f"{server.url}/health/ready").status_code == 200)
            registered = register(server)

    assert (ready.status_code, login.status_code) == (503, 503)
    assert login.headers["retry-after"] == "1"
    assert registered.status_code == 201
