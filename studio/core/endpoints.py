"""Language models behind an address, as an administrator names them for the whole studio."""

from __future__ import annotations

import ipaddress
import math
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from studio.core.errors import Invalid
from studio.core.fingerprints import fingerprint

MAX_NAME_LENGTH = 100
MAX_URL_LENGTH = 2000

_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*_API_KEY\Z")
_INSIDE = (".local", ".internal", ".lan", ".home.arpa")
_SHOWN = 80


@dataclass(frozen=True)
class Endpoint:
    """An OpenAI-compatible endpoint.

    ``url`` is what comes before ``/chat/completions``. ``key_variable`` names the environment
    variable of the worker that holds the key, "" for none; the key itself is kept nowhere.
    ``price_in`` and ``price_out`` are per million tokens.
    """

    name: str
    url: str
    model: str
    key_variable: str = ""
    price_in: float = 0.0
    price_out: float = 0.0

    def __post_init__(self) -> None:
        for what, value in (("name", self.name), ("model", self.model)):
            if not value.strip() or len(value) > MAX_NAME_LENGTH or not value.isprintable():
                raise Invalid(
                    f"The {what} of an endpoint is 1 to {MAX_NAME_LENGTH} printable characters, "
                    f"got {value[:_SHOWN]!r}."
                )
        _check_url(self.url)
        if self.key_variable and not _VARIABLE.match(self.key_variable):
            # Other variables hold other secrets, which must not be sent anywhere.
            raise Invalid(
                f"The environment variable of a key is capitals that end in _API_KEY, such as "
                f"OPENAI_API_KEY, got {self.key_variable[:_SHOWN]!r}. Write the variable's name, "
                "never the key."
            )
        for price in (self.price_in, self.price_out):
            if not (math.isfinite(price) and 0 <= price <= 1e6):
                raise Invalid(f"A price for a million tokens is 0 to 1,000,000, got {price}.")

    @property
    def host(self) -> str:
        """The host alone, as it may be shown to everyone."""
        return urlsplit(self.url).hostname or ""

    @property
    def is_local(self) -> bool:
        """Whether what is sent stays on this machine."""
        return _is_loopback(self.host)

    @property
    def fingerprint(self) -> str:
        """Changes exactly when answers may."""
        return fingerprint(self.url, self.model)

    def cost(self, tokens_in: int, tokens_out: int) -> float:
        """Return what tokens cost, in the currency of the prices."""
        return (tokens_in * self.price_in + tokens_out * self.price_out) / 1e6


def _check_url(url: str) -> None:
    shown = url[:_SHOWN]
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port  # reading it checks it
    except ValueError as error:
        raise _bad(shown, f"cannot be read ({error})") from error
    if len(url) > MAX_URL_LENGTH or not url.isascii() or not url.isprintable() or " " in url:
        raise _bad(shown, "is too long or has spaces or letters that no address has")
    if parts.scheme not in ("http", "https") or not host:
        raise _bad(shown, "does not begin with http:// or https:// and a host")
    if "@" in parts.netloc:
        raise _bad("https://…@" + host, "holds a password; a key is named by its variable")
    if parts.query or parts.fragment:
        raise _bad(shown, "has a part after ? or #")
    if parts.path.rstrip("/").endswith("/chat/completions"):
        raise _bad(shown, "already ends in /chat/completions; leave that part away")
    if _is_link_local(host):
        raise _bad(shown, "leads to a service of the machine itself, not to a model")
    if parts.scheme == "http" and not _is_inside(host):
        raise _bad(shown, "would send texts unencrypted to another network; use https://")


def _bad(url: str, why: str) -> Invalid:
    return Invalid(
        f"The address {url!r} {why}. Write, for example, https://api.openai.com/v1 or "
        "http://127.0.0.1:8000/v1."
    )


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def _is_loopback(host: str) -> bool:
    address = _address(host)
    if address is not None:
        return address.is_loopback
    return host.casefold().rstrip(".") == "localhost"


def _is_link_local(host: str) -> bool:
    address = _address(host)
    return address is not None and (address.is_link_local or address.is_unspecified)


def _is_inside(host: str) -> bool:
    address = _address(host)
    if address is not None:
        return address.is_private
    name = host.casefold().rstrip(".")
    return "." not in name or name.endswith(_INSIDE)
