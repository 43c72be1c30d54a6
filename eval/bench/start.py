"""`qa serve` on a built index: process start to first answer, and the memory it then keeps.

Each round starts the service as a process of its own, asks over HTTP until the first answer
comes, then asks twenty questions and reads RssAnon, the memory that belongs to the process
alone, from /proc. The file cache is warm from the second round on. Prints one JSON line.

    python eval/bench/start.py [--index DIR] [--rounds 5]
"""

from __future__ import annotations

import argparse
import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

QUESTIONS = Path(__file__).parents[1] / "seeds" / "questions.jsonl"
ASKED = 20


def main() -> None:
    """Measure some rounds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--index", help="default: the index of the settings")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with QUESTIONS.open(encoding="utf-8") as lines:
        questions = [json.loads(line)["question"] for line in lines][:ASKED]
    rounds = [one_round(options.index, questions) for _ in range(options.rounds)]
    seconds, anonymous, resident = zip(*rounds, strict=True)
    figures = {
        "bench": "start",
        "index": options.index or "default",
        "rounds": options.rounds,
        "first_answer_s": round(median(seconds), 3),
        "first_answer_each_s": [round(one, 3) for one in seconds],
        "rss_anon_mb": round(median(anonymous), 1),
        "rss_mb": round(median(resident), 1),
    }
    print(json.dumps(figures), flush=True)


def one_round(index: str | None, questions: Sequence[str]) -> tuple[float, float, float]:
    """Return seconds to the first answer, RssAnon and VmRSS in megabytes."""
    port = free_port()
    command = [sys.executable, "-m", "qa", "serve", "--port", str(port)]
    command += ["--index", index] if index else []
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        while not ask(port, questions[0]):
            if process.poll() is not None:
                raise SystemExit(f"qa serve ended with status {process.returncode}")
            if time.perf_counter() - began > 120:
                raise SystemExit("qa serve has not answered for two minutes")
            time.sleep(0.005)
        seconds = time.perf_counter() - began
        for question in questions:
            ask(port, question)
        memory = status_of(process.pid)
        return seconds, memory["RssAnon"], memory["VmRSS"]
    finally:
        process.terminate()
        process.wait(30)


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def ask(port: int, question: str) -> bool:
    """Ask over HTTP; tell whether an answer with results came."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        body = json.dumps({"question": question})
        connection.request("POST", "/v1/ask", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status == 200 and bool(json.loads(response.read())["results"])
    except OSError:  # nobody listens yet
        return False
    finally:
        connection.close()


def status_of(process: int) -> dict[str, float]:
    """Return the sizes of a process in megabytes."""
    lines = Path(f"/proc/{process}/status").read_text("ascii").splitlines()
    sizes = (line.split() for line in lines if line.endswith(" kB"))
    return {name.rstrip(":"): int(size) / 1024 for name, size, _ in sizes}


if __name__ == "__main__":
    main()
