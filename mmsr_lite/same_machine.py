"""Whether a request to the explorer's server comes from this machine, judged by its Host and its Origin."""

from __future__ import annotations

from urllib.parse import urlsplit

LOCAL = ("localhost", "127.0.0.1", "::1")


def comes_from_here(host: str, origin: str | None) -> bool:
    """Whether a request comes from this machine: from a browser that shows the explorer, or from no browser.

    Args:
        host: The header Host.
        origin: The header Origin; None where there is none.

    Returns:
        True where it does.

    Example:
        >>> comes_from_here("localhost:8866", None), comes_from_here("rebound.example:8866", None)
        (True, False)
        >>> comes_from_here("localhost:8866", "https://elsewhere.example")
        False
    """
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    return name in LOCAL and origin in (None, f"http://{host}")
