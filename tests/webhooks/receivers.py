"""Real receivers of webhooks on this machine, well-behaved and not."""

import json
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver(ThreadingHTTPServer):
    """Answers with the statuses it was given, the last of them for good; keeps what it got."""

    daemon_threads = True

    def __init__(self, *statuses, before_answer=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.statuses = list(statuses) or [204]
        self.before_answer = before_answer
        self.got = []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/hook"

    @property
    def told(self):
        """(type, data) of what was received."""
        return [(body["type"], body["data"]) for body in map(json.loads, self.bodies)]

    @property
    def bodies(self):
        return [body for _, body in self.got]


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((dict(self.headers), body))
        if self.server.before_answer:
            self.server.before_answer()
        statuses = self.server.statuses
        self.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
        self.send_header("Location", "http://169.254.169.254/")
        self.end_headers()

    def log_message(self, *args):
        pass


@contextmanager
def receiving(*statuses, **options):
    server = Receiver(*statuses, **options)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def raw_server(talk):
    """A server that lets `talk(connection)` do what it likes with its only caller; its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        try:
            connection, _ = listener.accept()
            with connection:
                talk(connection)
        except OSError:
            # The caller had enough.
            pass

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()
        thread.join()
