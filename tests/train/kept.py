"""Where a long fit, or a long group, stores its state in tests."""


class Kept:
    """A store of one state, which ends the process after it was saved so often."""

    def __init__(self, ends_after=-1):
        self.data, self.left = None, ends_after

    def load(self):
        """What was saved last."""
        return self.data

    def save(self, data):
        """Keeps it."""
        self.data = data
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt
