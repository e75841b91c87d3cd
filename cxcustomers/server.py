"""The process `manage.py up` becomes: `python -m cxcustomers.server ADDRESS PORT WORKERS`.

It imports nothing of Django; its workers do.
"""

import os
import signal
import sys

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

# Granian's own limit is ten minutes.
FOR_GOOD = 365 * 24 * 60 * 60


class Server(MPServer):
    def startup(self, *arguments):
        """Keep idle threads: one that ends leaves its database connection open behind it."""
        self.blocking_threads_idle_timeout = FOR_GOOD
        super().startup(*arguments)

    def signal_handler_reload(self, *arguments):
        """A closed terminal ends the server too; granian takes that signal for "reload"."""
        self.signal_handler_interrupt()


def forget_signals() -> None:
    """Let a worker that is still starting die of a signal; it would keep our own handlers."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def main(address: str, port: str, workers: str) -> None:
    server = Server(
        "cxcustomers.wsgi:application",
        address=address,
        port=int(port),
        workers=int(workers),
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        blocking_threads=2,
        # Counts connections, and those of browsers stay open between requests.
        backpressure=1024,
        backlog=2048,
        # A worker that died is replaced; one that does not stop is killed.
        respawn_failed_workers=True,
        workers_kill_timeout=5,
        # A lookup has an identifier in its URL, so no request is logged.
        log_level=LogLevels.warning,
        log_access=False,
    )
    os.register_at_fork(after_in_child=forget_signals)
    server.serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
