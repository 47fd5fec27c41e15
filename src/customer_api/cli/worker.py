"""`customer-api worker`."""

import asyncio
import signal

import click

from customer_api.bootstrap import build
from customer_api.cli.environment import fail, settings_or_exit
from customer_api.core.settings import Settings
from customer_api.observability.logging import configure_logging
from customer_api.server import START_ERRORS


@click.command()
def worker() -> None:
    """Deliver mails and events, and forget what is overdue, until SIGTERM or Ctrl-C.

    Run it beside servers with CUSTOMER_API_MAIL_WORKER=false; any number may run at once.

    \b
    Example:
      customer-api worker
    """
    settings = settings_or_exit()
    configure_logging(settings.log_level)
    try:
        asyncio.run(_work(settings))
    except START_ERRORS as error:
        fail(str(error))


async def _work(settings: Settings) -> None:
    container = build(settings)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        await container.run_workers(stop)
    finally:
        await container.close()
