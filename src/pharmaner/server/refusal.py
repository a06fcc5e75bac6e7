"""``RefusedError``: a request that is answered with an error status."""

from collections.abc import Mapping


class RefusedError(Exception):
    """A request that is not served; the message is one line and never holds any of its text.

    Args:
        status: the HTTP status.
        message: what was found and what is accepted.
        headers: more headers of the reply.
    """

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = dict(headers or {})


def too_many_documents(found: int, accepted: int) -> RefusedError:
    """Of a body or a zip."""
    return RefusedError(413, f"{found} documents; {accepted} are accepted")
