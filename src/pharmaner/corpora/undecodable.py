"""What is said of bytes that are not in the encoding they are read in."""


def undecodable(error: UnicodeDecodeError, encoding: str) -> str:
    """The first bad byte, its position in bytes, and the encoding."""
    name = "UTF-8" if encoding == "utf-8" else encoding
    return f"byte 0x{error.object[error.start]:02x} at position {error.start} is not {name}"
