"""What a node's image names stand for: a root filesystem and the words of its configuration."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_NAME = re.compile(r"[a-z0-9]+([._:/@-]+[A-Za-z0-9_]+)*")


@dataclass(frozen=True)
class Image:
    """A root filesystem. Containers write to a layer of their own above it.

    ``passable`` are its folders that any user may enter (the machine's own root hides some), ``hidden`` those that
    are empty inside.
    """

    root: Path
    entrypoint: Sequence[str] = ()
    command: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str = "0"
    folder: str = "/"
    passable: Sequence[str] = ()
    hidden: Sequence[str] = ()

    @classmethod
    def of_oci(cls, root: Path, config: str) -> "Image":
        """An unpacked image with its OCI configuration (the JSON that ``buildah inspect --type image`` calls OCIv1)."""
        words = json.loads(config)["config"]
        return cls(
            root,
            words.get("Entrypoint") or (),
            words.get("Cmd") or (),
            dict(pair.split("=", 1) for pair in words.get("Env") or ()),
            words.get("User") or "0",
            words.get("WorkingDir") or "/",
        )

    @classmethod
    def of_machine(cls, python: Path, environment: Mapping[str, str]) -> "Image":
        """This machine's own root with the Python of a virtual environment first on the PATH, and an empty /tmp."""
        above = {folder for place in (python, python.resolve()) for folder in place.parents}
        return cls(
            Path("/"),
            command=("python",),
            environment={"PATH": f"{python.parent}:/usr/local/bin:/usr/bin:/bin", **environment},
            passable=sorted(map(str, above - {Path("/")})),
            hidden=("/tmp",),  # noqa: S108 - the container's, not ours
        )


def valid(name: str) -> bool:
    """Whether a registry could have an image of this name."""
    return _NAME.fullmatch(name) is not None
