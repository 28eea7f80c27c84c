"""The export for TensorBoard, read back by TensorBoard's own reader and its HParams plugin."""

import math
import subprocess
import sys

import pytest
from made_run import MadeRun
from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard.context import RequestContext
from tensorboard.plugins.base_plugin import TBContext
from tensorboard.plugins.hparams import api_pb2, backend_context, get_experiment, list_session_groups

from job.errors import UsageError
from job.report import tensorboard
from job.results.line import FitFailure

PARAMS = [
    {"rate": 0.1, "units": 32, "act": "relu", "bias": True, "shape": [8, 4], "mixed": 1},
    {"rate": 0.01, "units": 64, "act": None, "bias": False, "shape": [16], "mixed": "a"},
    {"rate": 0.5, "units": 64},
]
SCORES = {"accuracy": [[0.5, 0.7], [0.8, 0.9], [0.1, 0.2]], "f1": [[0.1, 0.3], [0.2, 0.2], [0.5, 0.5]]}


@pytest.fixture(scope="module")
def backend(tmp_path_factory):
    """Return the HParams plugin's view of an export of three trials, the last one failed."""
    folder = tmp_path_factory.mktemp("board")
    failed = {(2, 0): FitFailure(kind="ValueError", message="no")}
    run = MadeRun(PARAMS, SCORES, failed=failed, refit="f1")
    assert tensorboard.write(run.table(), run.store, folder) == 3
    events = plugin_event_multiplexer.EventMultiplexer()
    events.AddRunsFromDirectory(str(folder))
    events.Reload()
    provider = data_provider.MultiplexerDataProvider(events, str(folder))
    return backend_context.Context(TBContext(data_provider=provider, logdir=str(folder)))


def groups(backend):
    """Ask the plugin for its session groups, as its page does."""
    experiment = get_experiment.Handler(RequestContext(), backend, "", api_pb2.GetExperimentRequest()).run()
    request = api_pb2.ListSessionGroupsRequest(
        start_index=0,
        slice_size=10,
        allowed_statuses=[api_pb2.STATUS_SUCCESS, api_pb2.STATUS_FAILURE],
        col_params=[api_pb2.ColParams(metric=info.name) for info in experiment.metric_infos],
    )
    found = list_session_groups.Handler(RequestContext(), backend, "", request).run().session_groups
    return experiment, {group.name: group for group in found}


def value(of):
    """Return what a protobuf value holds."""
    return getattr(of, of.WhichOneof("kind"))


def test_the_hparams_view_shows_each_trial(backend):
    """Every trial has its params and mean scores, and its state."""
    experiment, found = groups(backend)
    assert {info.name for info in experiment.hparam_infos} == set(PARAMS[0])
    assert [info.name.tag for info in experiment.metric_infos] == ["accuracy", "f1"]
    assert set(found) == {"trial 0", "trial 1", "trial 2"}
    first, failed = found["trial 0"], found["trial 2"]
    expected = {"rate": 0.1, "units": 32.0, "act": "relu", "bias": True, "shape": "[8, 4]", "mixed": 1.0}
    assert {name: value(of) for name, of in first.hparams.items()} == expected
    means = {one.name.tag: one.value for one in first.metric_values}
    assert means == {"accuracy": pytest.approx(0.6), "f1": pytest.approx(0.2)}
    assert first.sessions[0].status == api_pb2.STATUS_SUCCESS
    assert failed.sessions[0].status == api_pb2.STATUS_FAILURE
    assert not [one for one in failed.metric_values if not math.isnan(one.value)]


def test_exporting_imports_no_tensorflow(tmp_path):
    """The laptop install without TensorFlow can export."""
    code = (
        "import sys; from made_run import MadeRun; from job.report import tensorboard; from pathlib import Path;"
        "run = MadeRun([{'x': 1}, {'x': 2}], {'accuracy': [[0.5, 0.6], [0.7, 0.8]]});"
        f"assert tensorboard.write(run.table(), run.store, Path({str(tmp_path)!r})) == 2;"
        "assert 'tensorflow' not in sys.modules"
    )
    path = next(entry for entry in sys.path if entry.endswith("results"))
    subprocess.run([sys.executable, "-c", f"import sys; sys.path.insert(0, {path!r}); {code}"], check=True)
    assert len(list(tmp_path.rglob("events.out.tfevents.*"))) == 3 + 2 * 2, "experiment, trials, and their folds"


def test_learning_curves_folds_and_times_are_scalars(tmp_path):
    """Each fold is a run below its trial's: losses by epoch as they were, its score and its seconds; means above."""
    run = MadeRun([{"x": 1}, {"x": 2}], {"accuracy": [[0.5, 0.6], [0.7, 0.8]]})
    tensorboard.write(run.table(), run.store, tmp_path)
    events = plugin_event_multiplexer.EventMultiplexer()
    events.AddRunsFromDirectory(str(tmp_path))
    events.Reload()

    def scalars(name, tag):
        return [(one.step, one.tensor_proto.float_val[0]) for one in events.Tensors(name, tag)]

    line = run.line(1, 0)
    for metric in ("loss", "val_loss"):
        found = scalars("trial-000001/fold-0", f"epoch/{metric}")
        assert found == [(epoch, pytest.approx(value)) for epoch, value in line.history[metric]]
    assert scalars("trial-000001/fold-1", "accuracy") == [(0, pytest.approx(0.8))]
    assert scalars("trial-000001/fold-0", "time/fit_seconds") == [(0, pytest.approx(line.fit_seconds))]
    mean = (run.line(1, 0).fit_seconds + run.line(1, 1).fit_seconds) / 2
    assert scalars("trial-000001", "time/fit_seconds") == [(0, pytest.approx(mean))]


def test_without_the_package_it_is_named(monkeypatch):
    """The message says what is missing and how to install it."""
    monkeypatch.setitem(sys.modules, "tensorboard.plugins.hparams", None)
    run = MadeRun([{"x": 1}], {"accuracy": [[0.5, 0.6]]})
    with pytest.raises(UsageError, match=r'pip install "tunejob\[tensorboard\]"'):
        list(tensorboard.event_files(run.table(), run.store))
