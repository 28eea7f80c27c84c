"""What went wrong, told so that the reader can fix it: the library's errors into ours.

The library has few classes of errors, so the server's own code in the answer decides: what may pass is Transient and
is tried again; what lasts says its cause and remedy at once.
"""

import errno
import os
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from obstore.exceptions import BaseError

from job.errors import Missing, NotPermittedError, StoreError, WrongStore


class Transient(StoreError):
    """A fault that may pass: worth another try."""


FAULTS = (BaseError, OSError, NotImplementedError)
"""All that the library raises; anything else is a mistake of ours and stays what it is."""


class Refused(NotPermittedError, StoreError):
    """The store knows who we are, or should, and says no."""


_CREDENTIALS = {
    "AuthenticationFailed", "AuthenticationRequired", "ExpiredToken", "ExpiredTokenException", "InvalidAccessKeyId",
    "InvalidAuthenticationInfo", "InvalidIdentityToken", "InvalidSecurity", "InvalidToken",
    "NoAuthenticationInformation", "SignatureDoesNotMatch", "TokenRefreshRequired",
}  # fmt: skip
_BUCKET = {"ContainerNotFound", "NoSuchBucket"}
_CLOCK = {"RequestTimeTooSkewed", "RequestExpired"}
_REGION = {"AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "PermanentRedirect"}
_OPERATION = {"MethodNotAllowed", "NotImplemented", "UnsupportedHttpVerb"}
_NAMED_WRONG = {
    "InvalidBucketName", "InvalidResourceName", "InvalidURI", "InvalidUri", "KeyTooLong", "KeyTooLongError",
    "UserProjectMissing",
}  # fmt: skip
_PASSING = {
    "BadDigest", "IncompleteBody", "OperationAborted", "RequestTimeout", "RequestTimeoutException", "ServerBusy",
    "SlowDown",
}  # fmt: skip
_FORGOTTEN = {"InvalidBlockList", "InvalidPart", "NoSuchUpload"}
"""Of a write in parts, which are gone or somebody else's; it is begun anew."""
_PASSING_ERRNO = {4, 5, 11, 23, 24, 110, 116}  # EINTR EIO EAGAIN ENFILE EMFILE ETIMEDOUT ESTALE
_ON_DISK: dict[int, type[StoreError]] = {
    **dict.fromkeys((errno.EPERM, errno.EACCES), Refused),
    **dict.fromkeys((errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.ENOTDIR), WrongStore),
}
"""What a folder's errors are; others may pass, as a full disk does, or be one node's, as a remount read-only is."""
_DATED = re.compile("Expired|NotValidYet")
_METADATA = re.compile(r"//(169\.254\.\d+\.\d+|metadata(\.google\.internal)?|\[fd00:ec2)")

_IDENTITY = {
    "s3": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or AWS_PROFILE), or give the pod's service account a role",
    "gs": "set GOOGLE_APPLICATION_CREDENTIALS, or bind the pod's service account to one of Google's",
    "az": "set AZURE_STORAGE_ACCOUNT_NAME with AZURE_STORAGE_ACCOUNT_KEY, or give the pod a workload identity",
}
_RIGHTS = {
    ("s3", "reading"): "s3:GetObject (and s3:ListBucket, without which a missing object is refused too)",
    ("s3", "writing"): "s3:PutObject",
    ("s3", "listing"): "s3:ListBucket",
    ("s3", "deleting"): "s3:DeleteObject",
    ("gs", "reading"): "storage.objects.get",
    ("gs", "writing"): "storage.objects.create and storage.objects.delete",
    ("gs", "listing"): "storage.objects.list",
    ("gs", "deleting"): "storage.objects.delete",
}


@dataclass(frozen=True)
class FaultAnswer:
    """What can be read from one of the library's errors, without headers, queries and secrets."""

    status: int | None
    code: str
    words: str
    errno: int | None
    identity: bool  # whether it was asked for credentials, not for the object

    @classmethod
    def read(cls, error: Exception) -> "FaultAnswer":
        """Find the server's status and code, or why there was no answer."""
        told, _, debug = str(error).partition("\n\nDebug source:")
        status = _first(r"status code: (\d{3})", told) or _first(r"\(code: (\d{3})\)", told)
        code = _first(r"<Code>([^<]{1,80})</Code>", told) or _first(r"\(code: ([A-Za-z]\w*)\)", told) or ""
        words = _first(r"<Message>([^<\n]{1,300})", told) or _broken(debug) or ("" if status else _bare(told))
        errno = _first(r"\(os error (\d+)\)", told)
        identity = bool(_METADATA.search(told)) or "token request" in told
        return cls(int(status) if status else None, code, words, int(errno) if errno else None, identity)

    def __str__(self) -> str:
        told = " ".join(part for part in (str(self.status or ""), self.code) if part)
        return ": ".join(part for part in (told, " ".join(self.words.split())) if part) or "no answer"


@dataclass(frozen=True)
class CallPlace:
    """Where a call went: the words that every message begins with."""

    url: str
    doing: str
    key: str

    def error(self, error: Exception) -> StoreError:
        """Return our error for one of the library's, or for one of ours as it is."""
        if isinstance(error, StoreError):
            return error
        if isinstance(error, NotImplementedError):
            return WrongStore(self._say("this kind of store has no such operation", "use another"))
        answer = FaultAnswer.read(error)
        if isinstance(error, FileNotFoundError) and answer.code not in _BUCKET and self.doing != "writing":
            return Missing(self._say("there is no such object", "look at the key and at `store:`"))
        return self._unreachable(answer) if answer.status is None else self._refused(answer)

    def waiting(self, seconds: float, patience: float) -> str:
        """Return what to say of a call that is not done after so many seconds, and is given up after ``patience``."""
        return self._say(f"not done after {seconds:g} s", f"without an answer it is tried for up to {patience:g} s")

    def _unreachable(self, answer: FaultAnswer) -> StoreError:
        if self._scheme == "" and answer.errno not in _PASSING_ERRNO:
            cause = os.strerror(answer.errno) if answer.errno else answer.words
            return _ON_DISK.get(answer.errno or 0, StoreError)(self._say(cause, "make room, or grant rights, there"))
        if "certificate" in answer.words.lower():
            return self._untrusted(answer)
        if answer.code in {"AccessDenied", "AuthorizationFailure"}:
            return self._forbidden(answer)
        if answer.identity:
            return self._anonymous(answer)
        return Transient(self._say(str(answer), "is the server up and its address right?"))

    def _untrusted(self, answer: FaultAnswer) -> StoreError:
        if _DATED.search(answer.words):  # it may be renewed, or only this machine's clock be wrong
            return StoreError(self._say(answer.words, "renew it, or set this machine's clock, by NTP for example"))
        return WrongStore(self._say(answer.words, "name its authority's file in SSL_CERT_FILE"))

    def _refused(self, answer: FaultAnswer) -> StoreError:
        code, status = answer.code, answer.status
        if passing := self._passing(answer):
            return Transient(self._say(*passing))
        if answer.identity:
            return self._anonymous(answer)
        if code in _CREDENTIALS or status == 401:
            remedy = _IDENTITY.get(self._scheme, "fix them")
            return Refused(self._say(f"the credentials are not accepted ({answer})", remedy))
        if status == 403 and code not in _CLOCK:
            return self._forbidden(answer)
        if mistake := self._mistake(answer):
            return WrongStore(self._say(*mistake))
        cause, remedy = f"the server refuses ({answer})", "fix `store:` or the server's address"
        if code in _CLOCK:  # another machine's may be right
            cause, remedy = f"this machine's clock is wrong ({answer})", "set it, by NTP for example"
        return StoreError(self._say(cause, remedy))

    def _passing(self, answer: FaultAnswer) -> tuple[str, str] | None:
        """The cause and remedy of what may pass; without a code it may be no store that answers, but its proxy."""
        code, status = answer.code, answer.status or 0
        if code in _FORGOTTEN:
            return f"what was written is not there any more ({answer})", "it is written anew"
        if code in _PASSING or status in {408, 409, 425, 429} or (status >= 500 and status != 501):
            return str(answer), "the server is overloaded or failing"
        if not code and not answer.identity and (status == 404 or status < 400):
            return f"the answer is no store's ({answer})", "is the server up behind its proxy, and its address right?"
        return None

    def _mistake(self, answer: FaultAnswer) -> tuple[str, str] | None:
        """The cause and remedy of what the server itself calls wrong, for everybody who asks; None of all else."""
        if answer.code in _BUCKET:
            return "there is no such bucket", "create it, or fix `store:`"
        if answer.code in _REGION:
            return f"the bucket is in another region ({answer})", "set AWS_REGION to it"
        if answer.code in _OPERATION or answer.status == 501:
            return f"the server has no such operation ({answer})", "use another store"
        if answer.code in _NAMED_WRONG:
            return f"the server refuses ({answer})", "fix `store:`"
        return None

    def _forbidden(self, answer: FaultAnswer) -> StoreError:
        right = _RIGHTS.get((self._scheme, self.doing), "the role Storage Blob Data Contributor")
        return Refused(self._say(f"these credentials may not do that ({answer})", f"grant them {right}"))

    def _anonymous(self, answer: FaultAnswer) -> StoreError:
        """No credentials: in a pod the metadata server may be late; elsewhere there is none to wait for."""
        late = "KUBERNETES_SERVICE_HOST" in os.environ
        remedy = _IDENTITY.get(self._scheme, "set some")
        said = self._say(f"no credentials: the environment has none, and asking for some failed ({answer})", remedy)
        return Transient(said) if late else Refused(said)

    def _say(self, cause: str, remedy: str) -> str:
        what = f"{self.doing} {self.key}" if self.key else self.doing
        bucket = f" in bucket {self._bucket!r}" if self._scheme else ""
        return f"store {self.url}: {what}{bucket}: {cause}; {remedy}"

    @property
    def _scheme(self) -> str:
        scheme = urlsplit(self.url).scheme if "://" in self.url else ""
        return "" if scheme in {"file", "memory"} else scheme

    @property
    def _bucket(self) -> str:
        return urlsplit(self.url).netloc


def _first(pattern: str, text: str) -> str | None:
    found = re.search(pattern, text)
    return found.group(1) if found else None


def _bare(told: str) -> str:
    """The library's own first line, without what a URL may carry behind its question mark."""
    return re.sub(r"\?\S*", "", told.partition("\n")[0])[:300]


def _broken(debug: str) -> str:
    """Why there is no answer, from the chain of causes the library prints."""
    cause = _first(r'(?s).*message: "([^"]+)"', debug) or _first(r'(?s).*error: "([^"]+)"', debug) or ""
    if certificate := _first(r"InvalidCertificate\(\s*(\w+)", debug):
        return f"the server's certificate is not trusted ({certificate})"
    kind = _first(r"kind: (Connect|Timeout|Interrupted)\b", debug)
    told = {"Connect": "no connection", "Timeout": "no answer in time", "Interrupted": "the connection broke off"}
    return ": ".join(part for part in (told.get(kind or "", ""), cause) if part)
