"""Somebody's cluster, of ``$KUBECONFIG``, in place of the tests' own: its nodes, its images, no part stopped."""

import json
import os
import subprocess
from pathlib import Path

from cluster.api import Api, ApiError
from cluster.users import User, write_kubeconfig

Ran = subprocess.CompletedProcess[str]


class Foreign:
    """The cluster that the current context names, by way of ``kubectl proxy``, which knows every way to log in."""

    own = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.image = os.environ.get("TUNEJOB_TEST_IMAGE", "python:3.11-slim-bookworm")
        self._proxy: subprocess.Popen[str] | None = None
        self._address = ""

    def begin(self) -> None:
        """Opens the way in."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command = ["kubectl", "proxy", "--port=0"]
        self._proxy = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        if self._proxy.stdout is None:
            raise RuntimeError("kubectl proxy has no output")
        self._address = "http://" + self._proxy.stdout.readline().strip().rpartition(" ")[2]

    def end(self) -> None:
        """Closes it."""
        if self._proxy is not None:
            self._proxy.kill()
            self._proxy.communicate()

    def api(self, user: str = "admin", agent: str = "tests") -> Api:
        """What the kubeconfig's user may do."""
        return Api(self._address, None, "", agent)

    def user(self, name: str, namespace: str = "default") -> User:
        """A service account, who may do nothing until a RoleBinding says so; or admin, the kubeconfig's."""
        subject = {"kind": "ServiceAccount", "name": name, "namespace": namespace}
        if name == "admin":
            config = self.kubectl("config", "view", "--raw", "--minify", "--flatten").stdout
            target = self.folder / "admin.kubeconfig"
            target.write_text(config)
            return User(name, target, subject)
        try:
            self.api().create("serviceaccounts", namespace, {"metadata": {"name": name}})
        except ApiError as error:
            if error.status != 409:
                raise
        token = self.kubectl("create", "token", name, "-n", namespace).stdout.strip()
        view = json.loads(self.kubectl("config", "view", "--raw", "--minify", "--flatten", "-o", "json").stdout)
        target = self.folder / f"{name}@{namespace}.kubeconfig"
        return User(name, write_kubeconfig(target, view["clusters"][0]["cluster"], token, namespace), subject)

    def environment(self, user: User) -> dict[str, str]:
        """The environment of a user's shell."""
        return {**os.environ, "KUBECONFIG": str(user.kubeconfig)}

    def kubectl(self, *args: str, user: User | None = None, text: str | None = None) -> Ran:
        """Runs the machine's kubectl as a user (default: the kubeconfig's)."""
        environment = self.environment(user) if user else dict(os.environ)
        command = ["kubectl", *args]
        return subprocess.run(command, env=environment, input=text, capture_output=True, text=True, check=False)
