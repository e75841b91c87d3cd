"""Where the time of a lookup goes: `python -m benchmarks.profiling TOKEN`, paths on stdin."""

import cProfile
import io
import pstats
import sys
import time
from itertools import islice
from urllib.parse import urlsplit

from cxcustomers.wsgi import application

WARM_UP = 200
TOP = 45


def environ_of(path: str, token: str) -> dict:
    parts = urlsplit(path)
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": parts.path,
        "QUERY_STRING": parts.query,
        "HTTP_AUTHORIZATION": f"Bearer {token}",
        "HTTP_HOST": "127.0.0.1",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
    }


def call(environ: dict) -> None:
    statuses: list[str] = []
    response = application(environ, lambda status, headers: statuses.append(status))
    b"".join(response)
    response.close()
    if not statuses[0].startswith("200"):
        sys.exit(f"Answered {statuses[0]}")


def main(token: str) -> None:
    environs = (environ_of(line.strip(), token) for line in sys.stdin)
    for environ in islice(environs, WARM_UP):
        call(environ)
    environs = list(environs)
    half = len(environs) // 2
    started, cpu = time.perf_counter(), time.process_time()
    for environ in environs[:half]:
        call(environ)
    cpu = (time.process_time() - cpu) / half * 1e6
    print(f"{(time.perf_counter() - started) / half * 1e6:.0f} us, {cpu:.0f} us of it CPU here\n")
    profile = cProfile.Profile()
    profile.enable()
    for environ in environs[half:]:
        call(environ)
    profile.disable()
    for order in ("cumulative", "tottime"):
        pstats.Stats(profile).strip_dirs().sort_stats(order).print_stats(TOP)


if __name__ == "__main__":
    main(sys.argv[1])
