"""Which cluster, which namespace."""

import pytest
import yaml

from job.errors import UsageError
from job.launch.cluster import connection


@pytest.fixture
def kubeconfig(tmp_path, monkeypatch):
    """A kubeconfig of two contexts, of which one names its namespace."""
    clusters = [{"name": name, "cluster": {"server": f"https://{name}.example.com"}} for name in ("lab", "cloud")]
    contexts = [
        {"name": "lab", "context": {"cluster": "lab", "user": "ann", "namespace": "vision"}},
        {"name": "cloud", "context": {"cluster": "cloud", "user": "ann"}},
    ]
    content = {
        "apiVersion": "v1", "kind": "Config", "current-context": "lab", "clusters": clusters, "contexts": contexts,
        "users": [{"name": "ann", "user": {"token": "t"}}],
    }  # fmt: skip
    file = tmp_path / "config"
    file.write_text(yaml.safe_dump(content))
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(file))
    monkeypatch.delenv("TUNEJOB_NAMESPACE", raising=False)
    return file


@pytest.mark.parametrize(
    ("asked", "variable", "server", "namespace", "more"),
    [
        ({}, None, "lab", "vision", ""),
        ({"context": "cloud"}, None, "cloud", "tunejob", "--context cloud --namespace tunejob"),
        ({"context": "cloud", "namespace": "default"}, None, "cloud", "default", "--context cloud"),
        ({}, "mine", "lab", "mine", "--namespace mine"),
        ({"namespace": "given"}, "mine", "lab", "given", "--namespace given"),
    ],
)
def test_the_namespace_is_the_nearest_that_is_named(kubeconfig, monkeypatch, asked, variable, server, namespace, more):
    """The option, the variable, the context's own, else "tunejob"; what kubectl has to be told is said."""
    if variable:
        monkeypatch.setenv("TUNEJOB_NAMESPACE", variable)
    said = []
    api = connection.from_kubeconfig(**asked, say=said.append)
    assert (api.server, api.namespace) == (f"https://{server}.example.com", namespace)
    assert said == ([f"kubectl looks elsewhere than this run: give its commands {more}"] if more else [])


def test_a_context_that_is_not_there_says_so(kubeconfig):
    """The error names it, and what would work."""
    with pytest.raises(UsageError, match=r"no cluster is configured here .*elsewhere.*kubectl get pods"):
        connection.from_kubeconfig("elsewhere")


@pytest.mark.parametrize(
    "text",
    [
        "only: [a, list",
        "text",
        "[1, 2]",
        "contexts: text",
        "\x00",
        yaml.safe_dump({
            "current-context": "a", "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
            "clusters": [{"name": "a", "cluster": {"server": "https://a", "certificate-authority-data": "abc"}}],
            "users": [{"name": "a", "user": {"token": "t"}}],
        }),
    ],
)  # fmt: skip
def test_a_broken_kubeconfig_is_named(kubeconfig, text):
    """What is no kubeconfig is the user's to mend: the error says which file, and what would work."""
    kubeconfig.write_text(text)
    with pytest.raises(UsageError, match=f"{kubeconfig}.*kubectl get pods"):
        connection.from_kubeconfig()


def test_outside_of_a_cluster_the_controller_says_what_starts_it(monkeypatch):
    """A person who runs `tunejob control` learns what they meant."""
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(UsageError, match=r"no pod with a ServiceAccount's token .*`tunejob submit STUDY`"):
        connection.from_pod()
