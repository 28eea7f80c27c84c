"""The images as fixtures, each built at most once."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from image.builder import Built, obstacle, unpacked
from servers.processes import absent


@pytest.fixture(scope="session")
def image() -> Iterator[Callable[[str], Built]]:
    """Gives an image by its target's name."""
    if reason := obstacle():
        absent(reason)
    found: dict[str, Built] = {}
    with ExitStack() as stack:

        def give(target: str) -> Built:
            if target not in found:
                found[target] = stack.enter_context(unpacked(target))
            return found[target]

        yield give


@pytest.fixture(scope="session")
def controller(image) -> Built:
    """The image that has no TensorFlow."""
    return image("controller")


@pytest.fixture(scope="session")
def trainer(image) -> Built:
    """The image that trains on CPUs."""
    return image("trainer-cpu")
