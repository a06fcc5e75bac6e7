"""Forms with a file, read in memory: what a patient's note says touches no disk."""

from typing import Any

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from pharmaner.server.refusal import RefusedError

UPLOAD_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {
                        "type": "string",
                        "format": "binary",
                        "description": "A .txt in UTF-8, or a .zip of them.",
                    }
                },
            }
        }
    },
}
"""The request's body as OpenAPI describes it."""


async def uploaded_file(request: Request, body_bytes: int) -> tuple[str, bytes]:
    """The name and the content of the form's one file, ``file``.

    Args:
        request: its body is known to hold no more than ``body_bytes``.
        body_bytes: how much is kept in memory.

    Raises:
        RefusedError: 415 for another kind of body, 400 for a malformed one, 422 without the file.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise RefusedError(415, "multipart/form-data with a file named file is accepted")
    parser = MultiPartParser(request.headers, request.stream(), max_files=1, max_fields=0)
    parser.spool_max_size = body_bytes
    try:
        form = await parser.parse()
    except (MultiPartException, UnicodeError):
        raise RefusedError(400, "a form with one file, named file, is accepted") from None
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise RefusedError(422, "file: is missing")
    content = await file.read()
    await form.close()
    return file.filename, content
