"""The files of certificates and keys that a target names: whether they can be used, and what to do where not."""

from __future__ import annotations

import shlex
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from loader.errors import UsageError
from loader.targets.http.settings.http_target import HttpTarget


def check_files(settings: HttpTarget) -> None:
    """Raises UsageError where certificates or keys cannot be used."""
    if urlsplit(settings.url).scheme.lower() != "https":
        return
    for key, path, check in (("ca", settings.ca, _check_authorities), ("cert", settings.cert, _check_pair)):
        try:
            if path:
                check(settings)
        except UsageError as error:
            raise UsageError(f"target {settings.name}: {error}") from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise UsageError(f"target {settings.name}: {key}: cannot use {path}: {reason}") from error


def _check_authorities(settings: HttpTarget) -> None:
    _check_form("ca", settings.ca, "CERTIFICATE", "openssl x509")
    ssl.create_default_context().load_verify_locations(settings.ca)


def _check_pair(settings: HttpTarget) -> None:
    """The certificate we show, and its key."""
    key = settings.key or settings.cert
    _check_form("cert", settings.cert, "CERTIFICATE", "openssl x509")
    _check_form("key", key, "PRIVATE KEY", "openssl pkey")

    def ask() -> str:
        # It would be asked for in the middle of a load.
        raise UsageError(
            f"key: {key} needs a password, and none can be given: write it without one, readable for its owner alone: "
            f"openssl pkey -in {shlex.quote(key)} -out plain.key"
        )

    try:
        ssl.create_default_context().load_cert_chain(settings.cert, key, password=ask)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise UsageError(f"key: {key} is not the key of the certificate in {settings.cert}") from error
        raise UsageError(f"cert: cannot use {settings.cert} with the key in {key}: {error}") from error


def _check_form(name: str, path: str, kind: str, tool: str) -> None:
    text = Path(path).read_bytes()
    if b"-----BEGIN " not in text or f"{kind}-----".encode() not in text:
        raise UsageError(
            f"{name}: {path} holds no {kind.lower()} in PEM form, which begins with -----BEGIN {kind}-----; "
            f"one in DER form becomes one so: {tool} -inform der -in {shlex.quote(path)} -out new.pem"
        )
