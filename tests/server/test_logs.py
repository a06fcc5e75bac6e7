"""No log shows what it was given by another library, nor an exception's message."""

import subprocess
import sys

from tests.server.conftest import MARK

CODE = f"""
import asyncio, logging, warnings
from pharmaner.server.logs import log_failure, logger, set_up
set_up("debug")
logger.debug("ours %d", 3)
failure = ValueError("{MARK}")
logging.getLogger("uvicorn.error").error("%s", "{MARK}", exc_info=failure)
logging.getLogger("multipart").critical("{MARK}", stack_info=True)
warnings.warn("{MARK}")
try:
    int("{MARK}")
except ValueError as error:
    logger.error("ours too", exc_info=error)
    log_failure("failed", error)
async def fail():
    raise failure
async def main():
    asyncio.ensure_future(fail())
    await asyncio.sleep(0)
asyncio.run(main())
"""


def test_messages_of_others_are_withheld() -> None:
    result = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True)
    assert result.returncode == 0
    assert MARK not in result.stdout + result.stderr
    lines = [line.split(" ", 2)[2] for line in result.stderr.splitlines()]
    assert lines[0] == "DEBUG ours 3"
    for name in ("uvicorn.error", "multipart", "py.warnings", "asyncio"):
        assert sum(name in line and line.endswith("message withheld") for line in lines) == 1
    assert "ERROR ours too" in lines
    assert any(line.startswith("ERROR failed: ValueError at ") for line in lines)
