import asyncio
import os
import signal

import pytest

from customer_api.bootstrap import Container


@pytest.fixture
def stops_at_once(monkeypatch):
    """Let the worker be asked to stop as soon as it runs."""
    original = Container.run_workers
    seen = []

    async def run_workers(self, stop):
        seen.append(self.settings.mail_worker)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(original(self, stop), 10)

    monkeypatch.setattr(Container, "run_workers", run_workers)
    return seen


def test_worker_runs_until_sigterm_whatever_the_servers_do(run, stops_at_once):
    run("migrate")

    result = run("worker", MAIL_WORKER="false")

    assert result.exit_code == 0
    assert stops_at_once == [False]


def test_what_cannot_work_is_explained(run):
    result = run("worker")

    assert result.exit_code == 2
    assert "signing-key.pem" in result.output
