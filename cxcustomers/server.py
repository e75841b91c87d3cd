"""The process `manage.py up` becomes: `python -m cxcustomers.server ADDRESS PORT WORKERS`.

It imports nothing of Django; its workers do, and the process beside them that works off jobs.
"""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from threading import Event, Thread

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

# Granian's own limit is ten minutes.
FOR_GOOD = 365 * 24 * 60 * 60
# A terminal sends these to every process it started: Ctrl-C, and when it is closed.
OF_TERMINALS = {signal.SIGINT, signal.SIGHUP}
# Seconds before what died is started again, and that what is told to stop may take.
RESPAWN_AFTER = 2
STOP_WITHIN = 10


class JobWorker:
    """`manage.py work` beside the server, started again whenever it dies."""

    def __init__(self):
        self.command = [sys.executable, "manage.py", "work", f"--beside={os.getpid()}"]
        self.process = None
        self.stopping = Event()
        self.keeper = Thread(target=self.keep, daemon=True)

    def start(self):
        self.keeper.start()

    def keep(self):
        while not self.stopping.is_set():
            self.process = subprocess.Popen(self.command)
            if self.stopping.is_set():
                self.process.terminate()
            self.process.wait()
            self.stopping.wait(RESPAWN_AFTER)

    def stop(self):
        """Tell it to end after what it is at; it need not be waited for."""
        self.stopping.set()
        if self.process:
            self.process.terminate()

    def join(self):
        """Wait until it has ended, and end it after a while."""
        self.keeper.join(STOP_WITHIN)
        if self.keeper.is_alive() and self.process:
            self.process.kill()


class Server(MPServer):
    def startup(self, *arguments):
        """Keep idle threads: one that ends leaves its database connection open behind it."""
        self.blocking_threads_idle_timeout = FOR_GOOD
        super().startup(*arguments)
        self.job_worker = JobWorker()
        self.job_worker.start()

    def shutdown(self, *arguments):
        self.job_worker.stop()
        try:
            super().shutdown(*arguments)
        finally:
            self.job_worker.join()

    def stop_with_terminal(self):
        signal.sigwait(OF_TERMINALS)
        self.signal_handler_interrupt()


def begin_worker(server: int) -> None:
    """Let a worker that is still starting be stopped, and end with the server however it ends."""
    # It would keep our own handler.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    Thread(target=end_with, args=[server], daemon=True).start()


def end_with(server: int) -> None:
    """A server that is killed cannot stop its workers, which would go on to hold the port."""
    while os.getppid() == server:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGKILL)


def main(address: str, port: str, workers: str) -> None:
    server = Server(
        "cxcustomers.rsgi:application",
        address=address,
        port=int(port),
        workers=int(workers),
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,
        websockets=False,
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
    os.register_at_fork(after_in_child=partial(begin_worker, os.getpid()))
    # Only this process heeds the terminal: a worker that is told twice to stop hangs.
    signal.pthread_sigmask(signal.SIG_BLOCK, OF_TERMINALS)
    Thread(target=server.stop_with_terminal, daemon=True).start()
    server.serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
