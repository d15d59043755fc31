"""A closed loop of clients over keep-alive connections, in processes of their own: ``python -m bench._load`` reads a plan, prints results."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import Any

PROCESSES = 2


@dataclass(frozen=True, slots=True)
class Result:
    """What a load came to: requests a second, and the times of each request in ms; ``failed`` are answers that were not 2xx."""

    rate: float
    times: list[float]
    failed: int


def load(port: int, clients: list[list[dict[str, Any]]]) -> Result:
    """Send each client's requests ({"path", "body", "headers"}), one after another, all clients at once."""
    parts = [clients[n::PROCESSES] for n in range(PROCESSES)]
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "bench._load"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _part in parts
    ]
    began = time.perf_counter()
    for process, part in zip(running, parts, strict=True):
        assert process.stdin
        process.stdin.write(json.dumps({"port": port, "clients": part}))
        process.stdin.close()
    found = []
    for process in running:
        assert process.stdout
        found.append(json.loads(process.stdout.read()))
        process.wait()
    times = [value for each in found for value in each["times"]]
    first, last = min(each["began"] for each in found), max(each["ended"] for each in found)
    assert last > first > began - 1
    return Result(len(times) / (last - first), times, sum(each["failed"] for each in found))


def main() -> None:
    plan = json.load(sys.stdin)
    times: list[float] = []
    failed = [0]
    gate = threading.Barrier(len(plan["clients"]))

    def client(requests: list[dict[str, Any]]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", plan["port"], timeout=60)
        mine: list[float] = []
        gate.wait()
        for request in requests:
            start = time.perf_counter()
            connection.request(
                "POST",
                request["path"],
                json.dumps(request["body"]),
                {"Content-Type": "application/json", **request["headers"]},
            )
            response = connection.getresponse()
            response.read()
            mine.append((time.perf_counter() - start) * 1000)
            if response.status >= 300:
                failed[0] += 1
        times.extend(mine)

    threads = [threading.Thread(target=client, args=(requests,)) for requests in plan["clients"]]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    json.dump({"times": times, "failed": failed[0], "began": began, "ended": time.perf_counter()}, sys.stdout)


if __name__ == "__main__":
    main()
