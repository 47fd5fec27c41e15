"""What is installed is what was locked, and what was locked is audited."""

import os
import re
import subprocess
from datetime import date
from pathlib import Path

import pytest

from customer_api.core.clock import SystemClock
from tests.dependencies import audit

ROOT = Path(__file__).parents[2]
ENTRY = '[[accepted]]\nid = "GHSA-1"\nreason = "Not used."\nexpires = 2026-03-01\n'
DAY = date(2026, 3, 1)


def requirements(lock):
    """Return what a lock asks for, each with its hashes on one line."""
    lines = lock.read_text("utf-8").replace("\\\n", " ").splitlines()
    return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


@pytest.mark.promise("G16")
@pytest.mark.parametrize("lock", audit.LOCKS, ids=lambda lock: lock.name)
def test_every_locked_package_has_one_version_and_hashes_and_no_address(lock):
    found = requirements(lock)

    assert found
    for line in found:
        assert re.match(r"[a-z0-9._-]+(\[[a-z0-9,_-]+\])?==[^ ;]+ ", line), line
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", line), line
        assert "://" not in line


@pytest.mark.promise("G16")
@pytest.mark.parametrize("name", ["Makefile", "Dockerfile"])
def test_every_installation_of_a_lock_demands_the_hashes(name):
    text = (ROOT / name).read_text("utf-8").replace("\\\n", " ")

    installations = re.findall(r"pip[ a-z]* install [^\n]*-r [^\n]*", text)

    assert installations
    assert all("--require-hashes" in line for line in installations)


@pytest.mark.promise("G16")
def test_what_is_accepted_has_a_reason_and_has_not_expired():
    audit.accepted(audit.ACCEPTED.read_text("utf-8"), today=SystemClock().now().date())


def test_an_accepted_advisory_is_ignored_until_its_day_is_over():
    (entry,) = audit.accepted(ENTRY, today=DAY)

    assert "--ignore-vuln GHSA-1 -r x.lock" in " ".join(audit.command(Path("x.lock"), [entry]))


@pytest.mark.promise("G16")
@pytest.mark.parametrize(
    ("text", "today"),
    [
        (ENTRY, date(2026, 3, 2)),
        (ENTRY.replace("Not used.", " "), DAY),
        (ENTRY.replace("expires", "ends"), DAY),
        (ENTRY.replace("2026-03-01", '"never"'), DAY),
        (ENTRY.replace("id", "name"), DAY),
    ],
)
def test_an_expired_or_incomplete_acceptance_is_a_failure(text, today):
    with pytest.raises(audit.AcceptanceInvalid):
        audit.accepted(text, today=today)


@pytest.mark.promise("G16")
def test_make_audit_looks_at_both_locks_and_fails_with_either(monkeypatch):
    looked_at = []

    def run(command, *, check):
        looked_at.append(command)
        return subprocess.CompletedProcess(command, returncode=len(looked_at) % 2)

    monkeypatch.setattr(audit.subprocess, "run", run)

    assert audit.main() == 1
    assert [command[-1] for command in looked_at] == [str(lock) for lock in audit.LOCKS]
    assert all({"--strict", "--require-hashes"} <= set(command) for command in looked_at)
    assert "-m tests.dependencies.audit" in (ROOT / "Makefile").read_text("utf-8")


@pytest.mark.promise("G16")
def test_an_audit_that_could_not_look_is_a_failure(tmp_path, unused_port):
    lock = tmp_path / "one.lock"
    lock.write_text(f"idna==3.10 --hash=sha256:{'0' * 64}\n", "utf-8")
    nowhere = f"http://127.0.0.1:{unused_port}"

    result = subprocess.run(
        audit.command(lock, []),
        env={"PATH": os.defpath, "HTTPS_PROXY": nowhere, "HOME": str(tmp_path)},
        capture_output=True,
        check=False,
    )

    assert result.returncode != 0, result.stderr
