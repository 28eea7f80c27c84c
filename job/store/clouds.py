"""Ways into S3, GCS and Azure, configured by the ecosystem's own variables and identities."""

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from obstore.exceptions import BaseError
from obstore.store import from_url

from job.errors import UsageError
from job.store.identities import identity
from job.store.objects import Connected

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

_LONGEST = timedelta(minutes=30)
"""Of one request, however steadily its bytes flow."""


def connect(url: str, patience: float) -> Connected:
    """Return the ways into a bucket, without asking it anything yet; raises UsageError when no way can be made."""
    silence = timedelta(seconds=max(patience / 4, 0.1))
    client: ClientConfig = {
        "allow_http": True,  # an endpoint is https unless the user writes http
        "connect_timeout": min(silence, timedelta(seconds=5)),
        "read_timeout": silence,
        "timeout": _LONGEST,
    }
    if bundle := os.environ.get("AWS_CA_BUNDLE"):
        client["root_certificate"] = Path(bundle).read_bytes()
    quick: RetryConfig = {
        "max_retries": 3,
        "retry_timeout": silence,
        "backoff": {"init_backoff": timedelta(seconds=0.1), "max_backoff": timedelta(seconds=1)},
    }
    never: RetryConfig = {"max_retries": 0, "retry_timeout": silence}
    more = identity(url)
    try:
        steady = from_url(url, client_options=client, retry_config=quick, **more)
        once = from_url(url, client_options=client, retry_config=never, **more)
    except (BaseError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise UsageError(f"store {url}: {reason}; {_REMEDY.get(url.partition(':')[0], 'fix the URL')}") from error
    return Connected(reading=steady, writing=steady, conditional=once)


_REMEDY = {
    "s3": "needed is s3://BUCKET/PREFIX, and what AWS_* says must be whole",
    "gs": "needed is gs://BUCKET/PREFIX, and what GOOGLE_* says must be whole",
    "az": "needed is az://CONTAINER/PREFIX, and the account in AZURE_STORAGE_ACCOUNT_NAME",
}
