"""Identities that the library can't find by itself: AWS profiles and SSO, Google's federated and lent accounts."""

import json
import os
import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from job.errors import UsageError

if TYPE_CHECKING:
    from obstore.store import S3Credential

_AWS_OTHERS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_SKIP_SIGNATURE",
)
_GOOGLE_KNOWN = {"", "service_account", "authorized_user"}
"""What the library reads by itself: no file at all, a key, a person's login."""


def identity(url: str) -> dict[str, Any]:
    """Return what the library needs beside the environment to know who we are; mostly nothing."""
    if url.startswith("s3:") and _aws_files():
        _aws_credential()  # a profile that can't be read is told now
        return {"credential_provider": _aws_credential, **_aws_region()}
    if url.startswith("gs:") and _google_kind() not in _GOOGLE_KNOWN:
        return {"credential_provider": _google_default()}
    return {}


def _aws_files() -> bool:
    """Whether credentials come from a profile: asked for, or there and nothing else is."""
    if os.environ.get("AWS_PROFILE"):
        return True
    file = os.environ.get("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")
    return not any(os.environ.get(name) for name in _AWS_OTHERS) and Path(file).expanduser().exists()


def _aws_credential() -> "S3Credential":
    """The profile's credentials by AWS's own command, which knows keys, roles and SSO."""
    told = json.loads(_aws("export-credentials", "--format", "process"))
    expires = told.get("Expiration")
    return {
        "access_key_id": told["AccessKeyId"],
        "secret_access_key": told["SecretAccessKey"],
        "token": told.get("SessionToken"),
        "expires_at": datetime.fromisoformat(expires) if expires else None,
    }


def _aws_region() -> dict[str, str]:
    if os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"):
        return {}
    try:
        return {"region": _aws("get", "region").strip()}
    except UsageError:  # the profile names none; the library's default is as good a guess as any
        return {}


def _aws(*arguments: str) -> str:
    profile = os.environ.get("AWS_PROFILE", "default")
    try:
        return subprocess.run(
            ["aws", "configure", *arguments], capture_output=True, text=True, check=True, timeout=60
        ).stdout
    except FileNotFoundError as error:
        raise UsageError(
            f"AWS's profile {profile!r} is read by AWS's own command, `aws`, which is not installed; "
            "install it, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        ) from error
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        said = (error.stderr or "").strip() if isinstance(error, subprocess.CalledProcessError) else "no answer"
        raise UsageError(
            f"AWS's profile {profile!r} gives no credentials ({said}); try `aws sso login`, or set "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        ) from error


def _google_kind() -> str:
    """The type that application default credentials name; "" when there is no such file."""
    name = os.environ.get("GOOGLE_APPLICATION_CREDENTIALS", "~/.config/gcloud/application_default_credentials.json")
    try:
        return str(json.loads(Path(name).expanduser().read_bytes()).get("type", ""))
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, AttributeError) as error:
        raise UsageError(f"{name} can't be read as Google's credentials: {type(error).__name__}") from error


def _google_default() -> Callable[[], Any]:
    try:
        from google.auth.exceptions import GoogleAuthError
        from obstore.auth.google import GoogleCredentialProvider
    except ImportError as error:
        raise UsageError(
            f"Google's credentials of type {_google_kind()!r} need google-auth: pip install 'tunejob[gcp]', "
            "or use a service account's key"
        ) from error
    try:
        return GoogleCredentialProvider()
    except GoogleAuthError as error:
        raise UsageError(f"Google's credentials of type {_google_kind()!r} cannot be used: {error}") from error
