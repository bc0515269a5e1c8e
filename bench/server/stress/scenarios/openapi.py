"""Requests that a property-based tester makes from the OpenAPI document: answers are as the document says."""

import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from bench.harness.errors import UserError
from bench.server.our_server import started
from bench.server.virtual_environments import environment_python

REQUIREMENTS = ("schemathesis==4.32.5",)
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "unsupported_method",
)
SUMMARY = re.compile(r"(\d+) generated, (?:(\d+) passed)?")
OPERATIONS = re.compile(r"Tested: (\d+)")
TAIL = 1500  # characters of its report that the record holds where something failed


def run(repository: Path, environments: Path, examples: int, seed: int) -> dict[str, Any]:
    """Return schemathesis' verdict on so many examples an operation.

    Raises:
        UserError: it cannot be installed, or it said nothing that can be read.
    """
    python = environment_python("schemathesis", REQUIREMENTS, environments)
    with started(repository, "--poll", "0") as ours, tempfile.TemporaryDirectory() as folder:
        command = [str(python.parent / "st"), "run", f"http://127.0.0.1:{ours.port}/openapi.json"]
        command += ["--max-examples", str(examples), "--seed", str(seed), "--checks", ",".join(CHECKS), "--no-color"]
        done = subprocess.run(  # noqa: S603 - our own command
            command,
            cwd=folder,  # it leaves notes where it runs
            capture_output=True,
            text=True,
            check=False,
        )
        alive = ours.alive() and ours.ready()
    summary, operations = SUMMARY.search(done.stdout), OPERATIONS.search(done.stdout)
    if summary is None or operations is None:
        raise UserError(f"`{' '.join(command)}` failed: {(done.stdout + done.stderr)[-TAIL:]}")
    generated, passed = int(summary[1]), int(summary[2] or 0)
    return {
        "tester": REQUIREMENTS[0],
        "seed": seed,
        "operations": int(operations[1]),
        "requests": generated,
        "passed": passed,
        "failures": [] if passed == generated else [done.stdout[-TAIL:]],
        "alive": alive,
    }
