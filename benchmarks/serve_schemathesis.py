"""Requests that schemathesis makes of the OpenAPI description, most of them wrong ones.

pip install schemathesis (in any environment), then
python benchmarks/serve_schemathesis.py --model DIR --schemathesis PATH [--examples 200]

Starts a server on the loopback, lets schemathesis ask every route, then checks that the server
answers a valid request and that each line of its log is one of those that it may write. Bounded in
examples and in seconds.
"""

import argparse
import re
import subprocess
from pathlib import Path

from serving import get, served

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
]
LONGEST_SECONDS = 3_000
MAY_BE_LOGGED = re.compile(
    r"listening on http://\S+"
    r"|\S+ \S+ (INFO|DEBUG) (ready|batch requests=\d+ documents=\d+ characters=\d+ seconds=[\d.]+)"
    r"|\S+ \S+ (INFO|DEBUG) ([A-Z]+|other) (other|/[a-z0-9/._-]*) \d{3} bytes=\d+ seconds=[\d.]+"
    r"|\S+ \S+ WARNING (uvicorn\.error|python_multipart\.multipart) at \w+:\d+, message withheld"
)


def main() -> None:
    """Ask, and exit with what schemathesis found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--schemathesis", type=Path, required=True, help="the program")
    parser.add_argument("--examples", type=int, default=200, help="of each route and phase")
    options = parser.parse_args()
    with served(options.model, level="debug") as (port, log):
        command = [options.schemathesis, "run", f"http://127.0.0.1:{port}/openapi.json"]
        command += ["--max-examples", options.examples, "--seed", 8, "--checks", ",".join(CHECKS)]
        command += ["--no-color", "--generation-database", "none"]
        code = subprocess.run([*map(str, command)], timeout=LONGEST_SECONDS).returncode
        status, _ = get(port, "/ready")
        lines = log.read_text().splitlines()
        strange = [line for line in lines if not MAY_BE_LOGGED.fullmatch(line)]
        requests = sum("bytes=" in line for line in lines)
    print(f"{requests} requests; /ready {status}; {len(strange)} strange lines in the log")
    for line in strange[:5]:
        print(line)
    raise SystemExit(code or status != 200 or bool(strange))


if __name__ == "__main__":
    main()
