"""The verbs for a cluster, as far as they go without one."""

import base64
import io
import tarfile

import pytest
import yaml
from launch import made
from launch.stub import Answer, serving, status
from launch.test_remote import controller, worker


@pytest.fixture
def sent(folder):
    """The small study, with a store that pods reach."""
    file = folder / "study.yaml"
    file.write_text(file.read_text() + "store: s3://bucket/runs\n")
    return file


@pytest.fixture(autouse=True)
def no_cluster(monkeypatch, tmp_path):
    """No kubeconfig is found."""
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))


@pytest.fixture
def kubeconfig(tmp_path):
    """Writes a kubeconfig that names a server; returns its path."""

    def write(server):
        cluster = {"name": "x", "cluster": {"server": server}}
        context = {"name": "x", "context": {"cluster": "x", "user": "x"}}
        named = {"clusters": [cluster], "contexts": [context], "users": [{"name": "x", "user": {}}]}
        config = {"apiVersion": "v1", "kind": "Config", "current-context": "x", **named}
        (tmp_path / "config").write_text(yaml.safe_dump(config))
        return str(tmp_path / "config")

    return write


def test_manifests_hold_the_study_its_code_and_the_controller(tunejob, sent):
    """What `kubectl apply -f -` gets: a ConfigMap and a Job that mounts it, in one namespace."""
    done = tunejob("manifests", sent, "--namespace", "vision")
    config, job = yaml.safe_load_all(done.stdout)
    assert (config["kind"], job["kind"]) == ("ConfigMap", "Job")
    assert {one["metadata"]["namespace"] for one in (config, job)} == {"vision"}
    assert config["data"]["study.yaml"] == sent.read_text()
    packed = io.BytesIO(base64.b64decode(config["binaryData"]["code.tar.gz"]))
    with tarfile.open(fileobj=packed) as archive:
        assert archive.getnames() == ["data.py", "model.py"]
    mounted = {one["name"]: one for one in job["spec"]["template"]["spec"]["volumes"]}
    assert mounted["study"]["configMap"]["name"] == config["metadata"]["name"] == job["metadata"]["name"]


def test_manifests_are_the_same_each_time(tunejob, sent):
    """Nothing in them depends on when or where they were made."""
    assert tunejob("manifests", sent).stdout == tunejob("manifests", sent).stdout


def test_manifests_with_the_installation_have_all(tunejob, sent):
    """With --install, what an administrator applies once comes first."""
    found = list(yaml.safe_load_all(tunejob("manifests", "--install", "-k", "gpu", sent).stdout))
    kinds = [one["kind"] for one in found]
    assert kinds[-2:] == ["ConfigMap", "Job"]
    assert {"Role", "RoleBinding", "ServiceAccount", "NetworkPolicy", "PodTemplate"} == set(kinds[:-2])
    template = next(one for one in found if one["metadata"]["name"] == "tunejob-worker" and "template" in one)
    limits = template["template"]["spec"]["containers"][0]["resources"]["limits"]
    assert limits["nvidia.com/gpu"] == 1
    assert {one["metadata"]["namespace"] for one in found} == {"tunejob"}


def test_data_beside_the_study_stops_it(tunejob, sent):
    """A CSV file beside the code would not be there in the pods; ignored, it is not missed."""
    (sent.parent / "train.csv").write_text("a,b\n1,2\n")
    done = tunejob("manifests", sent)
    assert (done.returncode, done.stdout) == (64, "")
    assert "train.csv: looks like data" in done.stderr
    (sent.parent / ".tunejobignore").write_text("*.csv\n")
    assert tunejob("manifests", sent).returncode == 0


def test_a_library_of_the_image_need_not_be_here(tunejob, sent):
    """A module that is neither beside the study nor installed here may be in the workers' image."""
    sent.write_text(sent.read_text().replace("model: model:build", "model: only_in_the_image:build"))
    assert tunejob("manifests", sent).returncode == 0
    assert tunejob("check", sent).returncode == 64


def test_mistakes_are_told_before_anything_is_sent(tunejob, sent):
    """The study is read here, and a wrong name beside it is found."""
    sent.write_text(sent.read_text().replace("model: model:build", "model: model:built"))
    done = tunejob("submit", sent)
    assert done.returncode == 64
    assert "module `model` has no `built`" in done.stderr
    assert "Did you mean `build`" in done.stderr


@pytest.mark.parametrize("verb", [["submit"], ["logs"], ["cancel"], ["throttle", "1"]])
def test_without_a_cluster_the_error_says_how_to_name_one(tunejob, sent, verb):
    """No kubeconfig: what to set, and what runs without a cluster."""
    done = tunejob(*verb, sent)
    assert done.returncode == 64
    assert "no cluster is configured here" in done.stderr
    assert "set KUBECONFIG" in done.stderr
    assert "tunejob run STUDY" in done.stderr


@pytest.mark.parametrize(("waiting", "code"), [((0,), 0), ((0, 1), 69)], ids=["one has none yet", "none has any"])
def test_pods_without_a_log_do_not_hide_the_others(tunejob, kubeconfig, waiting, code):
    """What has none yet is named; where no pod has one, that is an error."""
    job, pods = controller(), [made.pod(f"w-{number}", index=number) for number in range(2)]

    def answer(request):
        if request.path.endswith("/log"):
            number = int(request.path.split("/")[-2][-1])
            refused = status(400, f'container "worker" in pod "w-{number}" is waiting to start: ContainerCreating')
            return refused if number in waiting else Answer(body=b"a line")
        jobs = [job] if "component=controller" in request.query["labelSelector"] else [worker(job)]
        return Answer(body={"metadata": {}, "items": pods if request.path.endswith("/pods") else jobs})

    with serving(answer) as stub:
        done = tunejob("logs", "wine", "--workers", KUBECONFIG=kubeconfig(stub.url))
    assert done.returncode == code, done.stderr
    assert ("a line" in done.stdout) == (code == 0)
    assert "there is no log of w-0 now" in done.stderr
    assert "ContainerCreating" in done.stderr


def test_a_cluster_that_does_not_answer_is_told_with_its_address(tunejob, sent, kubeconfig):
    """`status` of a run that is not in its store asks the cluster, for a few seconds only, and tells both."""
    done = tunejob("status", "small", KUBECONFIG=kubeconfig("http://127.0.0.1:9"))
    assert done.returncode == 64
    assert "its store is needed" in done.stderr
    assert "http://127.0.0.1:9 can't be reached" in done.stderr


def test_controlling_outside_of_a_pod_says_what_to_run(tunejob, sent):
    """`control` is for pods."""
    done = tunejob("control", sent)
    assert done.returncode == 64
    assert "`tunejob submit STUDY` starts it there" in done.stderr
