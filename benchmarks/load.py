"""Load from wrk, with requests that a generated Lua script picks at random."""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from .serving import Server

CONNECTIONS = 8

# Reads request lines from a file; `method` and `body` may use a running number.
SCRIPT = """
local paths = {}
for line in io.lines("%(paths)s") do paths[#paths + 1] = line end
local headers = {["Authorization"] = "%(authorization)s", ["Content-Type"] = "application/json"}
local body = %(body)s
local run = %(run)d
math.randomseed(run)
local count = 0

function request()
  count = count + 1
  local path = paths[math.random(#paths)]
  if body == nil then return wrk.format("GET", path, headers) end
  local number = string.format("%%04d%%06d", run %% 10000, count)
  return wrk.format("POST", path, headers, (string.gsub(body, "NUMBER", number)))
end

function done(summary, latency, requests)
  io.write(string.format(
    'RESULT {"requests": %%d, "microseconds": %%d, "refused": %%d, "broken": %%d, ' ..
    '"p50": %%.3f, "p99": %%.3f}\\n',
    summary.requests, summary.duration, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
"""


@dataclass
class Job:
    """One kind of request, and the server it goes to."""

    name: str
    server: Server
    paths: list[str]
    authorization: str
    body: dict | None = None


@dataclass
class Round:
    requests_per_second: float
    p50_ms: float
    p99_ms: float
    # Of the server's processes, without PostgreSQL and the load generator.
    cpu_us_per_request: float


def require_wrk() -> str:
    found = shutil.which("wrk")
    if not found:
        sys.exit("Load comes from wrk, which is not installed: apt install wrk (or brew).")
    return found


def run_round(job: Job, *, seconds: int, run: int, folder: Path) -> Round:
    """Load the server for some seconds; `run` keeps what is created in it apart from others."""
    script = write_script(job, run, folder)
    command = [require_wrk(), "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script)]
    before = job.server.cpu_seconds()
    output = subprocess.run(
        [*command, job.server.url], capture_output=True, text=True, check=True
    ).stdout
    cpu = job.server.cpu_seconds() - before
    found = json.loads(output.partition("RESULT ")[2].splitlines()[0])
    if found["refused"] or found["broken"] or not found["requests"]:
        sys.exit(f"{job.name}: requests failed, which makes its figures worthless: {found}")
    return Round(
        requests_per_second=found["requests"] / found["microseconds"] * 1e6,
        p50_ms=found["p50"],
        p99_ms=found["p99"],
        cpu_us_per_request=cpu / found["requests"] * 1e6,
    )


def write_script(job: Job, run: int, folder: Path) -> Path:
    paths = folder / "paths.txt"
    paths.write_text("\n".join(job.paths))
    script = folder / "requests.lua"
    script.write_text(
        SCRIPT
        % {
            "paths": paths,
            "authorization": job.authorization,
            # A JSON string is a Lua string, too, where it holds ASCII only.
            "body": "nil" if job.body is None else json.dumps(json.dumps(job.body)),
            "run": run,
        }
    )
    return script
