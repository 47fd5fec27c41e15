"""A working directory of its own for each command, without any setting of the developer's."""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from customer_api.cli import main
from customer_api.core.settings import PREFIX


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Give the root logger back as it was: some commands configure it for their whole process."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory."""
    for name in os.environ:  # noqa: TID251 - the tests must not see a developer's settings
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)  # pragma: no cover - only where a developer has some
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(directory: Path) -> Callable[..., Result]:
    """Run `customer-api` with arguments and settings (names without prefix)."""

    def run_command(*arguments: str, **settings: str) -> Result:
        environment: Mapping[str, str] = {PREFIX + name: value for name, value in settings.items()}
        return CliRunner(catch_exceptions=False).invoke(main, arguments, env=environment)

    return run_command
