"""What can be said about the container files without a container runtime."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from customer_api.core.settings import PREFIX, Settings
from customer_api.server import GRACE_SECONDS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return content


@pytest.fixture(scope="module")
def dockerfile() -> list[str]:
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@pytest.fixture(scope="module")
def proxy() -> str:
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    return re.sub(r"#.*", "", text)


def test_compose_runs_the_whole_system(compose):
    assert set(compose["services"]) == {"proxy", "api", "worker", "migrate", "postgres", "mail"}
    assert compose["services"]["api"]["deploy"]["replicas"] == 2


def test_compose_pins_its_images(compose):
    images = {name: service["image"] for name, service in compose["services"].items()}

    assert all(re.search(r":v?\d", image) for image in images.values()), images


def test_compose_shares_nothing_with_the_host_but_loopback_ports(compose):
    for service in compose["services"].values():
        assert not service.keys() & {"network_mode", "privileged", "pid", "ipc"}
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_compose_sets_only_settings_that_exist(compose):
    names = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}

    for name in ("api", "worker", "migrate"):
        assert set(compose["services"][name]["environment"]) <= names


def test_compose_gives_running_requests_their_time(compose):
    for name in ("api", "worker"):
        assert int(compose["services"][name]["stop_grace_period"].rstrip("s")) > GRACE_SECONDS


def test_compose_trusts_the_proxy_alone(compose):
    address = compose["services"]["proxy"]["networks"]["default"]["ipv4_address"]

    for name in ("api", "worker", "migrate"):
        environment = compose["services"][name]["environment"]
        assert environment[f"{PREFIX}TRUSTED_PROXIES"] == address


def test_compose_sends_mails_from_the_worker_alone(compose):
    assert compose["services"]["api"]["environment"][f"{PREFIX}MAIL_WORKER"] == "false"
    assert compose["services"]["worker"]["command"] == ["worker"]


def test_compose_migrates_before_anything_serves(compose):
    for name in ("api", "worker"):
        condition = compose["services"][name]["depends_on"]["migrate"]["condition"]
        assert condition == "service_completed_successfully"


def test_image_is_built_in_two_stages_from_pinned_images(dockerfile):
    stages = [line for line in dockerfile if line.startswith("FROM ")]

    assert len(stages) == 2
    assert all(re.match(r"FROM \S+:\d\S*", stage) for stage in stages)


def test_image_runs_as_an_ordinary_user(dockerfile):
    users = [line.split()[1] for line in dockerfile if line.startswith("USER ")]

    assert users
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1])


def test_image_holds_what_the_lock_pins(dockerfile):
    assert not any(line.startswith("ADD ") for line in dockerfile)
    assert any("--require-hashes -r requirements/runtime.lock" in line for line in dockerfile)


def test_image_starts_the_program_itself(dockerfile):
    assert 'ENTRYPOINT ["customer-api"]' in dockerfile
    assert 'CMD ["serve", "--host", "0.0.0.0"]' in dockerfile
    assert any(line.startswith("HEALTHCHECK ") and "/health/live" in line for line in dockerfile)


def test_everything_the_image_copies_is_in_the_build_context(dockerfile):
    context = set((ROOT / ".dockerignore").read_text().splitlines())
    copied = [line.split()[1:-1] for line in dockerfile if line.startswith("COPY ")]
    sources = {source for sources in copied for source in sources if not source.startswith("--")}

    assert {f"!{source}" for source in sources if not source.startswith("/")} <= context


def test_proxy_leaves_paths_as_they_were_sent(proxy):
    assert re.search(r"\bmerge_slashes\s+off;", proxy)
    assert re.search(r"\bproxy_pass\s+http://api;", proxy)


def test_proxy_replaces_what_clients_claim(proxy):
    assert re.search(r"proxy_set_header\s+X-Forwarded-For\s+\$remote_addr;", proxy)
    assert re.search(r"proxy_set_header\s+X-Forwarded-Proto\s+\$scheme;", proxy)
    assert "$proxy_add_x_forwarded_for" not in proxy


def test_proxy_logs_no_queries(proxy):
    assert not re.search(r"\$(request|request_uri|args|query_string)\b", proxy)
