"""A real Kubernetes control plane of one's own on loopback: etcd, API server, controllers and scheduler."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import urllib3
from cluster.api import Api, ApiError, UnreachableError
from cluster.audit import POLICY, Audit
from cluster.users import User, token, token_file, trusting, write_kubeconfig
from servers.processes import NotStartedError, free_ports

PARTS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
Ran = subprocess.CompletedProcess[str]
_CONTROLLERS = (
    "job", "cronjob", "ttl-after-finished-controller", "garbage-collector-controller", "serviceaccount-controller",
    "serviceaccount-token-controller", "namespace-controller", "pod-garbage-collector-controller",
    "resourcequota-controller", "root-ca-certificate-publisher-controller", "taint-eviction-controller",
    "node-lifecycle-controller", "disruption-controller", "clusterrole-aggregation-controller",
    "persistentvolume-binder-controller",
)  # fmt: skip


class Plane:
    """Four processes in one folder. They end with this one, however it ends."""

    own = True
    image = "test.invalid/machine:1"  # the machine's own root, at the tests' nodes

    def __init__(self, binary: Path, folder: Path) -> None:
        self.folder = folder
        self._binary = binary
        self._etcd, self._peer, self._port = free_ports(3)
        self.server = f"https://127.0.0.1:{self._port}"
        self.ca = folder / "tls.crt"
        self.audit = Audit(folder / "audit.log", lambda agent: self.api(agent=agent).request("GET", "/version"))
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        # The kernel ends a child when the thread that started it ends, so one thread that lives as long starts them.
        self._starter = ThreadPoolExecutor(1)

    def begin(self) -> None:
        """Starts everything and waits until the API answers and the controllers work."""
        self._write_files()
        for part in PARTS:
            self.start(part)
        self.api().until("serviceaccounts", "default", "default", bool)

    def end(self) -> None:
        """Ends everything."""
        for part in reversed(PARTS):
            if part in self._processes:
                self.stop(part, signal.SIGKILL)
        self._starter.shutdown()

    def start(self, part: str) -> None:
        """Starts one of ``PARTS``; of the API server, waits until it is ready."""
        command = ["setpriv", "--pdeathsig", "KILL", str(self._binary), part, *self._flags()[part]]
        with (self.folder / f"{part}.log").open("ab") as log:
            started = self._starter.submit(subprocess.Popen, command, stdout=log, stderr=log, start_new_session=True)
            self._processes[part] = started.result()
        if part == "kube-apiserver":
            self._await_ready()

    def stop(self, part: str, how: signal.Signals = signal.SIGTERM) -> None:
        """Ends one of ``PARTS``, by default politely, with 3 s of grace; SIGKILL is a crash."""
        process = self._processes.pop(part)
        process.send_signal(how)
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:  # an API server with open watches would take a minute
            process.kill()
            process.wait()

    def restart(self, part: str, how: signal.Signals = signal.SIGTERM) -> None:
        """Ends one of ``PARTS`` and starts it again, with the same data and port."""
        self.stop(part, how)
        self.start(part)

    def forget(self) -> None:
        """Lets etcd forget all history, as it does by itself every few minutes: a watch from before gets a 410."""
        address = f"http://127.0.0.1:{self._etcd}/v3"
        status = urllib3.request("POST", f"{address}/maintenance/status", json={}).json()
        answer = urllib3.request("POST", f"{address}/kv/compaction", json={"revision": status["header"]["revision"]})
        if answer.status != 200:
            raise RuntimeError(f"etcd did not forget: {answer.data!r}")

    def api(self, user: str = "admin", agent: str = "tests") -> Api:
        """What a user may do, as raw JSON."""
        return Api(self.server, self.ca, token(user), agent)

    def user(self, name: str, namespace: str = "default") -> User:
        """One of the people alice, bob and carol, who may do nothing until a RoleBinding says so; or admin."""
        return User(
            name,
            self.kubeconfig(name, namespace),
            {"kind": "User", "name": name, "apiGroup": "rbac.authorization.k8s.io"},
        )

    def kubeconfig(self, user: str = "admin", namespace: str = "default") -> Path:
        """A user's kubeconfig file, with a namespace as its default."""
        target = self.folder / f"{user.replace(':', '-')}@{namespace}.kubeconfig"
        return write_kubeconfig(target, trusting(self.server, self.ca), token(user), namespace)

    def environment(self, user: User) -> dict[str, str]:
        """The environment of a user's shell: KUBECONFIG, and a PATH on which ``kubectl`` is the plane's own."""
        return {
            **os.environ,
            "KUBECONFIG": str(user.kubeconfig),
            "KUBECACHEDIR": str(self.folder / "kubectl-cache"),
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        }

    def kubectl(self, *args: str, user: User | None = None, text: str | None = None) -> Ran:
        """Runs kubectl as a user (default: admin), with ``text`` as its input; never raises for its exit code."""
        environment = self.environment(user or self.user("admin"))
        command = [str(self._binary), "kubectl", *args]
        return subprocess.run(command, env=environment, input=text, capture_output=True, text=True, check=False)

    def _write_files(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        # One key pair for all: it serves TLS here and at the nodes, and signs the service accounts' tokens.
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", "2", "-subj", "/CN=tests", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
             "-keyout", str(self.folder / "tls.key"), "-out", str(self.ca)],
            check=True, capture_output=True,
        )  # fmt: skip
        (self.folder / "tokens.csv").write_text(token_file())
        (self.folder / "audit.json").write_text(json.dumps(POLICY))
        (self.folder / "bin").mkdir()
        kubectl = self.folder / "bin" / "kubectl"
        kubectl.write_text(f'#!/bin/sh\nexec "{self._binary}" kubectl "$@"\n')
        kubectl.chmod(0o755)

    def _flags(self) -> Mapping[str, list[str]]:
        clients = ["--leader-elect=false", "--kube-api-qps=500", "--kube-api-burst=1000"]
        return {
            "etcd": [
                f"--data-dir={self.folder / 'etcd'}",
                f"--client-url=http://127.0.0.1:{self._etcd}",
                f"--peer-url=http://127.0.0.1:{self._peer}",
            ],
            "kube-apiserver": self._server_flags(),
            "kube-controller-manager": [*self._manager_flags(), *clients],
            "kube-scheduler": [self._kubeconfig_flag("kube-scheduler"), *clients, "--secure-port=0"],
        }

    def _server_flags(self) -> list[str]:
        key = self.folder / "tls.key"
        return [
            f"--etcd-servers=http://127.0.0.1:{self._etcd}",
            f"--secure-port={self._port}",
            "--bind-address=127.0.0.1",
            "--advertise-address=192.0.2.1",  # of no use here, and none of this machine's
            "--endpoint-reconciler-type=none",
            "--service-cluster-ip-range=10.96.0.0/24",
            f"--tls-cert-file={self.ca}",
            f"--tls-private-key-file={key}",
            "--authorization-mode=RBAC",
            f"--token-auth-file={self.folder / 'tokens.csv'}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={self.ca}",
            f"--service-account-signing-key-file={key}",
            "--enable-admission-plugins=OwnerReferencesPermissionEnforcement",
            "--allow-privileged=true",  # so that it is Pod Security that refuses
            "--default-not-ready-toleration-seconds=3",  # 300 in life: a lost node's pods are given up
            "--default-unreachable-toleration-seconds=3",
            "--kubelet-preferred-address-types=InternalIP",
            f"--audit-policy-file={self.folder / 'audit.json'}",
            f"--audit-log-path={self.folder / 'audit.log'}",
            "--audit-log-maxsize=10000",
        ]

    def _manager_flags(self) -> list[str]:
        return [
            self._kubeconfig_flag("kube-controller-manager"),
            "--secure-port=0",
            f"--controllers={','.join(_CONTROLLERS)}",
            f"--service-account-private-key-file={self.folder / 'tls.key'}",
            f"--root-ca-file={self.ca}",
            "--node-monitor-period=1s",
            "--node-monitor-grace-period=15s",  # 50 s in life; a busy machine must not lose its nodes
            "--node-eviction-rate=10",
        ]

    def _kubeconfig_flag(self, part: str) -> str:
        return f"--kubeconfig={self.kubeconfig(f'system:{part}')}"

    def _await_ready(self) -> None:
        process = self._processes["kube-apiserver"]
        end = time.monotonic() + 120
        while time.monotonic() < end and process.poll() is None:
            try:
                self.api().text("GET", "/readyz")
            except (UnreachableError, ApiError):
                time.sleep(0.1)
            else:
                return
        tail = (self.folder / "kube-apiserver.log").read_text(errors="replace")[-2000:]
        raise NotStartedError(f"kube-apiserver is not ready: {tail}")
