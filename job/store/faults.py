"""What went wrong, told so that the reader can mend it: the library's errors into ours."""

from dataclasses import dataclass

from job.errors import Missing, StoreError


class Transient(StoreError):
    """A fault that may pass: worth another try."""


@dataclass(frozen=True)
class Place:
    """Where a call went: the words every message begins with."""

    url: str
    doing: str
    key: str

    def error(self, error: Exception) -> StoreError:
        """Return our error for one of the library's."""
        where = f"{self.doing} {self.key or 'everything'} in the store {self.url}"
        if isinstance(error, StoreError):
            return error
        if isinstance(error, FileNotFoundError):
            return Missing(f"{where}: there is no such object")
        return Transient(f"{where}: {error}")
