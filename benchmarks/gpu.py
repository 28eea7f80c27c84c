"""What a GPU does with fits trained together: ``python benchmarks/gpu.py``, at most eight minutes, on any machine.

Prints, and writes to ``gpu.json`` (or the file given): the device; a step of one fit, which is bound by launching it,
beside Keras's; groups of 1 to 4,096 fits in fit-steps per second, as a graph and compiled by XLA; how long compiling
takes with XLA's autotuner and without; and how far scores of a group are from Keras ``fit`` on the same device.
``--tiny`` does all of it with small numbers, to see on a processor that it works. Nothing here is said of a GPU
that was not there: the device is part of what is written.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any

import numpy as np

SIZES = (1, 4, 16, 64, 256, 1024, 4096)
_SECONDS = 450.0  # for all of it
_SHARE = 0.6  # of the time, for the process with the autotuner, which does more
_BATCH, _FEATURES, _STEPS = 32, 100, 20
_AUTOTUNER = "--xla_gpu_autotune_level=0"


def build(units: int, learning_rate: float) -> Any:
    """Two hidden layers on a hundred columns: a small network, as searches have many."""
    import keras

    hidden = [keras.layers.Dense(units, activation="relu") for _ in range(2)]
    model = keras.Sequential([keras.Input((_FEATURES,)), *hidden, keras.layers.Dense(1, activation="sigmoid")])
    model.compile(keras.optimizers.Adam(learning_rate), loss="binary_crossentropy")
    return model


class Group:
    """Fits of one shape, as a worker's program steps them.

    Args:
        rows: how many there are to train on.
    """

    def __init__(self, rows: int) -> None:
        from job.train.fits import Material
        from job.train.together.study_cache import StudyCache
        from job.train.trainer import Trainer

        x = np.random.default_rng(0).normal(size=(rows + 50, _FEATURES)).astype(np.float32)
        encoded = (x[:, 0] > x[:, 1]).astype(np.int64)
        self.material = Material(X=x, encoded=encoded, sample_weight=None, classes=2)
        self.rows, self.trainer = rows, Trainer(build, self.material)
        self.cache = StudyCache(build, self.material)
        blueprint = self.cache.blueprint(self.request(0))
        self.cache.blueprint(self.request(1))  # another learning rate, so that the program has one for each fit
        self.program = self.cache.program(blueprint, weighted=False, free=False)
        self.initial = blueprint.initial(self.request(0), self.cache.learned)

    def request(self, number: int) -> Any:
        """A fit of two epochs; each has a learning rate of its own."""
        from job.study.study import FitSettings
        from job.train.fits import FitRequest

        params = {"units": 32, "learning_rate": 0.001 * (number + 1)}
        return FitRequest(
            identity=str(number), trial=number, fold=0, params=params, build=params, class_weight=None, seed=number,
            settings=FitSettings(epochs=2, batch_size=_BATCH), train=np.arange(self.rows), validation=np.arange(0),
            test=np.arange(self.rows, self.rows + 50),
        )  # fmt: skip

    def arguments(self, fits: int, steps: int) -> list[Any]:
        """What the program takes for so many fits and steps."""
        import tensorflow as tf

        state = [tf.constant(np.broadcast_to(one, (fits, *one.shape))) for one in self.initial]
        rates = [tf.fill([fits], tf.constant(0.001, tf.float64)) for _ in self.program.leaves]
        indices = np.random.default_rng(1).integers(0, self.rows, (steps, fits, _BATCH)).astype(np.int32)
        return [state, rates, tf.ones([fits, 2]), tf.constant(indices), self.program.table.tensors, tf.constant(steps)]


def seconds(call: Any, *, repeats: int = 3) -> float:
    """The shortest of some calls, until their results are there."""
    taken = []
    for _ in range(repeats):
        began = perf_counter()
        np.asarray(call()[0])
        taken.append(perf_counter() - began)
    return min(taken)


def compiled(group: Group, fits: int, steps: int) -> tuple[Any, float]:
    """The program compiled by XLA for so many fits: a call of it, and the seconds that compiling took."""
    arguments = group.arguments(fits, steps)
    function = group.program.train_compiled
    began = perf_counter()
    np.asarray(function(*arguments)[0])
    return lambda: function(*arguments), perf_counter() - began


def throughput(group: Group, sizes: Sequence[int], steps: int, until: float) -> Iterator[dict[str, Any]]:
    """Groups of these sizes, as far as there is time; the last one says what kept larger ones out."""
    import tensorflow as tf

    slowest = 0.0
    for fits in sizes:
        if monotonic() + 4 * slowest > until:
            yield {"fits": fits, "left_out": "no time was left"}
            return
        began = monotonic()
        try:
            arguments = group.arguments(fits, steps)
            np.asarray(group.program.train(*arguments)[0])
            graph = seconds(lambda given=arguments: group.program.train(*given))
            call, took = compiled(group, fits, steps)
            by_xla = seconds(call)
        except tf.errors.ResourceExhaustedError:
            yield {"fits": fits, "left_out": "the device's memory was too small"}
            return
        slowest = max(slowest, monotonic() - began)
        yield {
            "fits": fits,
            "graph_fit_steps_per_second": fits * steps / graph,
            "xla_fit_steps_per_second": fits * steps / by_xla,
            "compiling_seconds": took,
        }


def one_step(group: Group) -> dict[str, float]:
    """Milliseconds of one fit's step: by Keras, in a graph of ours, and compiled."""
    model = build(32, 0.001)
    x, y = group.material.X[:_BATCH], group.material.encoded[:_BATCH]
    for _ in range(3):
        model.train_on_batch(x, y)
    one = group.arguments(1, _STEPS)
    np.asarray(group.program.train(*one)[0])
    call, _ = compiled(group, 1, _STEPS)
    return {
        "keras_ms": 1e3 * seconds(lambda: [model.train_on_batch(x, y)], repeats=20),
        "graph_ms": 1e3 * seconds(lambda: group.program.train(*one)) / _STEPS,
        "xla_ms": 1e3 * seconds(call) / _STEPS,
    }


def sameness(group: Group, fits: int) -> dict[str, Any]:
    """Largest difference of predictions and losses between fits trained together and each by Keras ``fit``."""
    from job.train import by_fit

    asked = [group.request(number) for number in range(fits)]
    together = {one.request.identity: one for part in group.trainer.groups(asked) for one in group.trainer.train(part)}
    found: dict[str, Any] = {"fits": fits, "ways": sorted({one.way for one in together.values()})}
    apart: dict[str, list[float]] = {"predictions": [0.0], "loss": [0.0]}
    for request in asked:
        alone, mine = by_fit.train(request, build, group.material), together[request.identity]
        apart["predictions"].append(float(np.abs(alone.test_outputs - mine.test_outputs).max()))
        apart["loss"].append(float(np.abs(np.subtract(alone.history["loss"], mine.history["loss"])).max()))
    return found | {name: max(values) for name, values in apart.items()}


def device() -> dict[str, Any]:
    """What is computed on."""
    import keras
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    details = tf.config.experimental.get_device_details(gpus[0]) if gpus else {}
    return {
        "kind": "GPU" if gpus else "CPU",
        "name": details.get("device_name", "" if gpus else "a processor: nothing here tells of GPUs"),
        "compute_capability": list(details.get("compute_capability", ())),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "built_with": {name: str(value) for name, value in tf.sysconfig.get_build_info().items() if "version" in name},
    }


def measure(file: Path, until: float, *, tiny: bool, autotuner: bool) -> None:
    """One process's part, written into a file after each step of it."""
    found: dict[str, Any] = {}

    def put(**more: Any) -> None:
        found.update(more)
        file.write_text(json.dumps(found), encoding="utf-8")

    put(device=device())
    group = Group(64 if tiny else 640)
    steps, sizes = (2, (1, 2)) if tiny else (_STEPS, SIZES)
    if autotuner:
        put(one_step=one_step(group))
        put(sameness=sameness(group, 2 if tiny else 4))
        rows = []
        for row in throughput(group, sizes, steps, until):
            rows.append(row)
            put(groups=rows)
        return
    times = {}
    for fits in sizes[:: 1 if tiny else 3]:
        if monotonic() < until:
            times[str(fits)] = compiled(group, fits, steps)[1]
            put(compiling_seconds=times)


def child(until: float, *, tiny: bool, autotuner: bool) -> dict[str, Any]:
    """A process's part; what it had written before it failed or was out of time, and why it ended."""
    flags = os.environ.get("XLA_FLAGS", "")
    environment = os.environ | ({} if autotuner else {"XLA_FLAGS": f"{flags} {_AUTOTUNER}".strip()})
    left = max(1.0, until - monotonic())
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "part.json"
        command = [sys.executable, __file__, "--part", str(file), "--seconds", f"{0.9 * left:.0f}"]
        command += ["--tiny"] * tiny + ["--without-autotuner"] * (not autotuner)
        try:
            ended = subprocess.run(command, env=environment, timeout=left, check=False).returncode
            why = "" if ended == 0 else f"its process ended with {ended}"
        except subprocess.TimeoutExpired:
            why = "it was out of time"
        found = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return found | ({"incomplete": why} if why else {})


def told(found: dict[str, Any]) -> Iterator[str]:
    """The findings in lines."""
    whole = found["with_autotuner"]
    yield f"device: {json.dumps(whole.get('device', {}))}"
    yield f"one step of one fit: {json.dumps(whole.get('one_step', {}))}"
    yield f"from Keras fit at most: {json.dumps(whole.get('sameness', {}))}"
    for row in whole.get("groups", ()):
        yield json.dumps(row)
    yield f"compiling without the autotuner: {json.dumps(found['without_autotuner'].get('compiling_seconds', {}))}"
    for name, part in found.items():
        if "incomplete" in part:
            yield f"{name} is incomplete: {part['incomplete']}"


def main() -> int:
    """Measures in two processes, as XLA reads its flags once; 1 when either did not end well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path, default=Path("gpu.json"), help="what is written")
    parser.add_argument("--tiny", action="store_true", help="small numbers, to see that it works")
    parser.add_argument("--seconds", type=float, default=_SECONDS, help="that it may take")
    parser.add_argument("--part", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--without-autotuner", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    began = monotonic()
    if asked.part:
        measure(asked.part, began + asked.seconds, tiny=asked.tiny, autotuner=not asked.without_autotuner)
        return 0
    found = {"with_autotuner": child(began + _SHARE * asked.seconds, tiny=asked.tiny, autotuner=True)}
    found["without_autotuner"] = child(began + asked.seconds, tiny=asked.tiny, autotuner=False)
    asked.file.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    for line in told(found):
        print(line)
    print(f"written to {asked.file}")
    return int(any("incomplete" in part for part in found.values()))


if __name__ == "__main__":
    sys.exit(main())
