"""Where a long fit, or a long group, stores its state in tests."""


class Kept:
    """A store of one state, which ends the process after it was saved so often."""

    def __init__(self, ends_after: int = -1) -> None:
        self.data: bytes | None = None
        self.left = ends_after

    def load(self) -> bytes | None:
        """What was saved last."""
        return self.data

    def save(self, data: bytes) -> None:
        """Keeps it."""
        self.data = data
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt
