import httpx
import pytest

from tests.blackbox.server import start_server


def test_a_started_server_answers_and_stops_when_asked(tmp_path):
    with start_server(tmp_path) as server:
        live = httpx.get(f"{server.url}/health/live", trust_env=False)

    assert live.status_code == 200
    assert server.process.returncode == 0
    assert server.mail_directory.parent == tmp_path / "var"


def test_several_workers_stop_together(tmp_path):
    server = start_server(tmp_path, workers=2)

    first, second = server.stop(), server.stop()

    assert first == second == 0


def test_a_server_that_cannot_start_is_an_error_with_its_output(tmp_path):
    with pytest.raises(AssertionError, match="CUSTOMER_API_NO_SUCH_SETTING"):
        start_server(tmp_path, {"CUSTOMER_API_NO_SUCH_SETTING": "1"})
