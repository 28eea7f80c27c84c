"""One container of a pod: made of the spec and an image, started, ended, and what became of it."""

import json
import math
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cluster.node import sandbox
from cluster.node.cgroups import Cgroup
from cluster.node.environment import ConfigError, Lookup, expand, quantity, variables, words
from cluster.node.image import Image

Object = dict[str, Any]
_MESSAGE_LIMIT = 4096
_AS_ROOT = "container has runAsNonRoot and image will run as root"
_LOG_LIMIT, _LOG_LINES = 2048, 80  # of FallbackToLogsOnError


def now() -> str:
    """The time as the API writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Container:
    """A container that may run; ``mounts`` are the sources of the pod's volumes by name."""

    pod: Object
    spec: Object
    image: Image
    mounts: Mapping[str, Object]
    folder: Path
    hosts: Path
    base: Mapping[str, str]  # what the node sets in every container
    capacity: Mapping[str, object]

    def __post_init__(self) -> None:
        self.log = self.folder / "log"
        self._message = self.folder / "termination-log"
        self._process: subprocess.Popen[bytes] | None = None
        self._pid = 0
        self._trouble = ""
        self.started = ""

    def start(self, lookup: Lookup) -> None:
        """Starts the program.

        Raises:
            ConfigError: the spec asks for what is not there, or is not allowed to run so.
        """
        plan = self._plan(lookup)
        (self.folder / "base").mkdir(parents=True, exist_ok=True)
        self._message.touch()
        self._message.chmod(0o666)
        plan["cgroups"] = self._limit()
        file = self.folder / "sandbox.json"
        file.touch(0o600)
        file.write_text(json.dumps(plan))
        report, write = os.pipe()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", sandbox.__file__, str(file), str(write)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=[write], start_new_session=True,
            )  # fmt: skip
        os.close(write)
        with os.fdopen(report) as lines:
            said = lines.read().splitlines()  # ends when the program runs, or can't; in whatever order
        self._pid = next((int(line) for line in said if line.isdecimal()), 0)
        self._trouble = "\n".join(line for line in said if not line.isdecimal())
        self._cgroup.end_as_one(lambda: self.kill(signal.SIGKILL))
        self.started = now()

    def kill(self, how: int) -> None:
        """Sends the program a signal, if it still runs."""
        if self._process is not None and self._process.poll() is None and self._pid:
            try:
                os.kill(self._pid, how)
            except ProcessLookupError:
                return  # it ended just now

    def processes(self) -> list[int]:
        """The program and all its children, as the machine numbers them; the youngest last."""
        found, left = [], [self._pid]
        while left:
            pid = left.pop()
            try:
                children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            except OSError:  # it ended just now
                continue
            found.append(pid)
            left += [int(child) for child in children]
        return sorted(found)

    def wait(self) -> Object:
        """Waits for the end; the ``terminated`` state of the container's status."""
        if self._process is None:
            raise RuntimeError("never started")
        code = self._process.wait()
        oom = code == 128 + signal.SIGKILL and self._cgroup.oom_killed()
        self._cgroup.close()
        reason = "OOMKilled" if oom else "Error" if code else "Completed"
        if self._trouble:
            reason, code = "StartError", 128
        state = {"exitCode": code, "reason": reason, "startedAt": self.started, "finishedAt": now()}
        message = self._trouble or self._words(code)
        return {**state, "message": message} if message else state

    def _words(self, code: int) -> str:
        message = self._message.read_text(errors="replace")[:_MESSAGE_LIMIT]
        if message or code == 0 or self.spec.get("terminationMessagePolicy") != "FallbackToLogsOnError":
            return message
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - _LOG_LIMIT))
            return "".join(log.read().decode(errors="replace").splitlines(keepends=True)[-_LOG_LINES:])

    def _plan(self, lookup: Lookup) -> Object:
        """All that the sandbox needs to know."""
        name = str(self.pod["spec"].get("hostname") or self.pod["metadata"]["name"])[:63]
        values = variables(self.spec, self.pod, lookup, self.capacity)
        environment = {"HOSTNAME": name, "HOME": "/", **self.image.environment, **self.base, **values}
        entry = self.spec.get("command") or self.image.entrypoint
        # A command of the pod's own does away with the image's arguments as well.
        arguments = self.spec.get("args") or ([] if self.spec.get("command") else self.image.command)
        context = {**self.pod["spec"].get("securityContext", {}), **self.spec.get("securityContext", {})}
        return {
            "root": str(self.image.root),
            "base": str(self.folder / "base"),
            "passable": list(self.image.passable),
            "hidden": list(self.image.hidden),
            "hostname": name,
            "folder": self.spec.get("workingDir") or self.image.folder,
            "mounts": [
                *self._own_mounts(),
                *(self._mount(mount, values) for mount in self.spec.get("volumeMounts", [])),
            ],
            "readonly": context.get("readOnlyRootFilesystem", False),
            "capabilities": "none" if "ALL" in context.get("capabilities", {}).get("drop", []) else "default",
            "no_new_privileges": not context.get("allowPrivilegeEscalation", True),
            "argv": words([*entry, *arguments], values),
            "env": environment,
            **self._user(context),
        }

    def _user(self, context: Object) -> Object:
        user, _, group = self.image.user.partition(":")
        uid = context.get("runAsUser", user)
        if not str(uid).isdecimal():
            raise ConfigError(f"image has non-numeric user ({uid}), cannot verify user is non-root")
        if context.get("runAsNonRoot") and int(uid) == 0:
            named = f'(pod: "{self.pod["metadata"]["name"]}", container: {self.spec["name"]})'
            why = "container's runAsUser breaks non-root policy" if "runAsUser" in context else _AS_ROOT
            raise ConfigError(f"{why} {named}")
        groups = [*context.get("supplementalGroups", []), *([context["fsGroup"]] if "fsGroup" in context else [])]
        return {"uid": int(uid), "gid": int(context.get("runAsGroup", group or 0)), "groups": groups}

    def _own_mounts(self) -> list[Object]:
        place = self.spec.get("terminationMessagePath") or "/dev/termination-log"
        return [
            {"source": str(self._message), "target": place, "readonly": False},
            {"source": str(self.hosts), "target": "/etc/hosts", "readonly": False},
        ]

    def _mount(self, mount: Object, values: Mapping[str, str]) -> Object:
        volume = self.mounts[mount["name"]]
        readonly = volume["readonly"] or mount.get("readOnly", False)
        inner = mount.get("subPath") or expand(mount.get("subPathExpr", ""), values)
        source = volume.get("source")
        if inner and source:
            source = str(Path(source) / inner)
            if not volume["readonly"]:
                Path(source).mkdir(parents=True, exist_ok=True)
        return {**volume, "source": source, "target": mount["mountPath"], "readonly": readonly}

    def _limit(self) -> list[str]:
        limits = self.spec.get("resources", {}).get("limits", {})
        memory = math.floor(quantity(limits["memory"])) if "memory" in limits else None
        cpus = float(quantity(limits["cpu"])) if "cpu" in limits else None
        self._cgroup = Cgroup(f"{self.pod['metadata']['uid']}-{self.spec['name']}", memory, cpus)
        return [str(folder) for folder in self._cgroup.folders]

    def remove(self) -> None:
        """Removes what is left of it on disk."""
        shutil.rmtree(self.folder, ignore_errors=True)
