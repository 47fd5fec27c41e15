"""What the README shows works as it stands."""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from tests.blackbox.server import RunningServer, start_server

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
TIMEOUT_SECONDS = 120.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server as `make run` starts it, in a directory of its own."""
    with start_server(tmp_path_factory.mktemp("server")) as running:
        yield running


def run_in_bash(
    *arguments: str, cwd: Path = ROOT, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    settings = [f"{name}={value}" for name, value in (environment or {}).items()]
    return subprocess.run(
        ["/usr/bin/env", *settings, "bash", *arguments],
        cwd=cwd,
        timeout=TIMEOUT_SECONDS,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def section(title: str) -> str:
    _, _, rest = README.partition(f"\n## {title}\n")
    return rest.partition("\n## ")[0]


def test_the_walkthrough_finds_every_answer_as_expected(server):
    script = "examples/walkthrough.sh"

    result = run_in_bash(script, server.url, str(server.mail_directory))

    assert result.returncode == 0, result.stdout
    assert result.stdout.endswith("All as expected.\n")


def test_an_administrators_day_finds_every_answer_as_expected(server):
    script = str(ROOT / "examples" / "administrator.sh")
    command = {"CUSTOMER_API": str(Path(sys.executable).with_name("customer-api"))}

    result = run_in_bash(
        script,
        server.url,
        str(server.mail_directory),
        cwd=server.log.parent,
        environment=command,
    )

    assert result.returncode == 0, result.stdout
    assert result.stdout.endswith("All as expected.\n")


def test_the_walkthrough_fails_at_the_first_unexpected_answer(server):
    unknown_path = f"{server.url}/nowhere"

    result = run_in_bash("examples/walkthrough.sh", unknown_path, str(server.mail_directory))

    assert result.returncode == 1
    assert "expected 201" in result.stdout


def test_the_sample_file_is_imported_as_the_readme_says(server):
    shown = section("Customers of another shop")
    (password,) = re.findall(r"log in with `([^`]+)`", shown)
    arguments = "import customers examples/customers.csv"
    command = [sys.executable, "-m", "customer_api", *arguments.split()]
    command[-1] = str(ROOT / command[-1])

    outputs = [
        subprocess.run(
            command, cwd=server.log.parent, env={}, capture_output=True, text=True, check=True
        )
        for _ in range(2)
    ]

    statuses = [log_in(server, name, password) for name in ("anna", "BERND", "chris", "dora")]
    assert f"customer-api {arguments}\n" in shown
    assert "created 4" in outputs[0].stdout
    assert "unchanged 4" in outputs[1].stdout
    assert statuses == [201, 201, 201, 401]


def log_in(server: RunningServer, name: str, password: str) -> int:
    attributes = {"username": f"{name}@sample.example", "password": password}
    body = {"data": {"type": "access-tokens", "attributes": attributes}}
    return httpx.post(f"{server.url}/v1/access-tokens", json=body, trust_env=False).status_code


def test_the_walk_in_the_readme_can_be_copied_and_pasted(server):
    blocks = re.findall(r"```bash\n(.*?)```", section("A walk"), re.DOTALL)
    commands = "set -eu\n" + "".join(blocks)
    replacements = {
        "api=http://127.0.0.1:8000/v1": f"api={server.url}/v1",
        "mails=var/mail": f"mails='{server.mail_directory}'",
    }
    for shown, replacement in replacements.items():
        assert shown in commands
        commands = commands.replace(shown, replacement)

    result = run_in_bash("-c", commands)

    statuses = [int(status) for status in re.findall(r"HTTP/1\.1 (\d{3}) ", result.stdout)]
    assert result.returncode == 0, result.stdout
    assert statuses == [201, 204, 201, 200, 201, 201, 204, 204, 401, 204, 401, 201], result.stdout
    assert re.findall(r'"code": ?"(\d+)"', result.stdout) == ["001", "003"]
