"""API keys and the headers that every reply carries."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable

_CONTENT_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)

HEADERS = {
    "content-security-policy": _CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
"""The page may load what this server serves and nothing else; nothing is cached or embedded."""


def new_key() -> tuple[str, str]:
    """A random key of 256 bits, and the hash that the settings file holds.

    One round of SHA-256 is enough: there is no guessing a key that nobody chose.
    """
    key = f"pharmaner-{secrets.token_urlsafe(32)}"
    return key, f"sha256:{_digest(key.encode())}"


class Keys:
    """The keys that are accepted; when there are none, everybody is.

    Args:
        hashes: ``sha256:`` and 64 hexadecimal digits each.
    """

    def __init__(self, hashes: Iterable[str]) -> None:
        self._digests = [entry.removeprefix("sha256:") for entry in hashes]

    def accept(self, authorization: bytes) -> bool:
        """Whether an ``Authorization`` header bears a key; takes as long for a wrong one."""
        if not self._digests:
            return True
        scheme, _, key = authorization.partition(b" ")
        digest = _digest(key.strip())
        matches = [hmac.compare_digest(digest, known) for known in self._digests]
        return scheme.lower() == b"bearer" and any(matches)


def _digest(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()
