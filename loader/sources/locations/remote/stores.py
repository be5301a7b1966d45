"""Stores: buckets opened with the credentials that the environment has for them."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loader.sources.errors import InputError
from loader.sources.locations.access import Access

if TYPE_CHECKING:
    from obstore.store import ObjectStore

OPEN_TO_ALL = {
    "s3": "AWS_SKIP_SIGNATURE=true",
    "gs": "GOOGLE_SKIP_SIGNATURE=true",
    "az": "AZURE_SKIP_SIGNATURE=true",
}
_ENDPOINTS = {
    "s3": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"),
    "gs": ("GOOGLE_BASE_URL",),
    "az": ("AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT"),
}


def open_store(scheme: str, bucket: str, access: Access) -> ObjectStore:
    """The store of a bucket, which asks nobody yet. Raises InputError where it cannot be made.

    Its own retries are off, so that each attempt is counted.
    """
    try:
        from obstore.exceptions import BaseError
        from obstore.store import AzureStore, GCSStore, S3Store
    except ModuleNotFoundError as error:
        raise InputError(f"{scheme}://{bucket}: to read buckets: pip install 'loader[remote]'") from error
    options: Any = {"client_options": _client(scheme, access), "retry_config": {"max_retries": 0}}
    try:
        if scheme == "s3":
            return S3Store(bucket, **options, **_profile(bucket))
        return GCSStore(bucket, **options) if scheme == "gs" else AzureStore(bucket, **options)
    except (BaseError, ValueError) as error:
        said = str(error).partition("\n")[0][:300]
        raise InputError(f"{scheme}://{bucket}: cannot be reached by what the environment says: {said}") from error


def _client(scheme: str, access: Access) -> dict[str, Any]:
    endpoint = next(filter(None, map(os.environ.get, _ENDPOINTS[scheme])), "")
    timeouts = access.timeouts
    return _given(
        connect_timeout=timedelta(seconds=timeouts.connect),
        read_timeout=timedelta(seconds=timeouts.read),
        timeout=timedelta(seconds=timeouts.write),
        allow_http=endpoint.lower().startswith("http://"),
    )


def _given(**options: Any) -> dict[str, Any]:
    """The options of a client by name."""
    return options


def _profile(bucket: str) -> dict[str, Any]:
    """The credentials of a profile of ~/.aws, which boto3 reads, where the environment has no key itself."""
    profile = os.environ.get("AWS_PROFILE")
    has_files = any(_aws_file(*names).is_file() for names in _AWS_FILES)
    if "AWS_ACCESS_KEY_ID" in os.environ or "AWS_SKIP_SIGNATURE" in os.environ or not (profile or has_files):
        return {}
    try:
        from obstore.auth.boto3 import Boto3CredentialProvider
    except ModuleNotFoundError as error:
        if profile is None:
            return {}
        told = "AWS_PROFILE is set, and profiles are read by boto3: pip install boto3"
        raise InputError(f"s3://{bucket}: {told}; or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY") from error
    return _credentials(bucket, Boto3CredentialProvider)


_AWS_FILES = (("AWS_SHARED_CREDENTIALS_FILE", "credentials"), ("AWS_CONFIG_FILE", "config"))


def _aws_file(variable: str, name: str) -> Path:
    return Path(os.environ.get(variable) or Path.home() / ".aws" / name)


def _credentials(bucket: str, provider: Any) -> dict[str, Any]:
    from botocore.exceptions import BotoCoreError

    try:
        found = provider()
    except ValueError:  # the files name no credentials: the role of the machine may have some
        return {}
    except BotoCoreError as error:
        raise InputError(f"s3://{bucket}: the profile of ~/.aws cannot be used: {str(error)[:300]}") from error
    return {"credential_provider": found}
