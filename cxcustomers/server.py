"""The process `manage.py up` becomes: `python -m cxcustomers.server ADDRESS PORT WORKERS`.

It imports nothing of Django; its workers do.
"""

import os
import signal
import sys
from threading import Thread

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

# Granian's own limit is ten minutes.
FOR_GOOD = 365 * 24 * 60 * 60
# A terminal sends these to every process it started: Ctrl-C, and when it is closed.
OF_TERMINALS = {signal.SIGINT, signal.SIGHUP}


class Server(MPServer):
    def startup(self, *arguments):
        """Keep idle threads: one that ends leaves its database connection open behind it."""
        self.blocking_threads_idle_timeout = FOR_GOOD
        super().startup(*arguments)

    def stop_with_terminal(self):
        signal.sigwait(OF_TERMINALS)
        self.signal_handler_interrupt()


def stop_at_once() -> None:
    """Let a worker that is still starting be stopped; it would keep our own handler."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


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
    os.register_at_fork(after_in_child=stop_at_once)
    # Only this process heeds the terminal: a worker that is told twice to stop hangs.
    signal.pthread_sigmask(signal.SIG_BLOCK, OF_TERMINALS)
    Thread(target=server.stop_with_terminal, daemon=True).start()
    server.serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
