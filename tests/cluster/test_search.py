"""A search of scikit-learn's, from Python to the cluster and back."""

import json
import signal
import subprocess
import sys
import textwrap

SCRIPT = textwrap.dedent(
    """
    import json
    import sys

    import keras
    import numpy as np
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from job import GridSearchCV, KerasClassifier

    X = np.random.default_rng(0).normal(size=(60, 3))
    y = np.where(X.sum(axis=1) > 0, "yes", "no")


    def build(units=2):
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(units, "tanh")])
        model.add(keras.layers.Dense(1, "sigmoid"))
        model.compile("sgd", "binary_crossentropy")
        return model


    def fitted(**where):
        pipeline = make_pipeline(StandardScaler(), KerasClassifier(build, epochs=2, random_state=0))
        grid = {"kerasclassifier__units": [2, 3]}
        return GridSearchCV(pipeline, grid, cv=2, scoring="neg_log_loss", verbose=1, **where).fit(X, y)


    there = fitted(backend="kubernetes", store=sys.argv[1], workers=2)
    here = fitted()
    scores = [one.cv_results_["mean_test_score"].tolist() for one in (there, here)]
    outputs = [one.predict_proba(X).tolist() for one in (there, here)]
    print(json.dumps({"run": there.run_, "scores": scores, "outputs": outputs}))
    """
)


def test_a_search_from_python_is_a_run_in_the_cluster(site, s3_env, nodes):
    """Ctrl-C leaves it running; fit again follows it, to the results of this process; ``tunejob status`` finds it."""
    nodes("node", gpus=2)
    (site.folder / "search.py").write_text(SCRIPT)
    shell = {
        "cwd": site.folder,
        "env": {**site.environment, **s3_env.env(), "CUDA_VISIBLE_DEVICES": ""},
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "text": True,
    }
    command = ["env", "--default-signal=INT", sys.executable, "search.py", site.store]
    with subprocess.Popen(command, **shell) as first:
        said = []
        for line in first.stderr:
            said.append(line)
            if line.startswith("submitted the Job"):
                first.send_signal(signal.SIGINT)
        assert first.wait() != 0
    told = "the run continues without you: to follow it, call fit of the same search again"
    assert any(told in one for one in said), said
    done = subprocess.run(command, check=False, **shell)
    assert done.returncode == 0, f"{done.stderr}\n{site.story()}"
    assert "following it" in done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    there, here = told["scores"]
    assert all(abs(one - other) < 1e-4 for one, other in zip(there, here, strict=True))
    gaps = [abs(a - b) for one, other in zip(*told["outputs"], strict=True) for a, b in zip(one, other, strict=True)]
    assert max(gaps) < 1e-4
    assert len(site.api.items("jobs", site.namespace, labelSelector="app.kubernetes.io/component%3Dcontroller")) == 1
    status = site.tunejob("status", "grid-search", "--store", site.store, env=shell["env"])
    assert told["run"].partition("/")[2] in status.stdout
    assert "complete" in status.stdout
