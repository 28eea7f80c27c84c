"""An export for TensorBoard: a run for each trial, with its params, mean scores and times; below it one for each fold.

The HParams view shows the trials, the scalars' view the folds' learning curves by epoch, and scores and times.

Written with the package ``tensorboard`` alone; TensorFlow is not imported.
"""

import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from job.errors import UsageError
from job.report.axes import label
from job.report.content import choose
from job.results.line import FitLine
from job.results.table import Table
from job.store import Store

MOST = 2_000
"""The most trials that are exported: the better half, and an even choice of the rest."""
CURVES = 200
"""The most trials whose folds are exported."""
_LEVELS = 20


def write(table: Table, store: Store, folder: Path) -> int:
    """Write the export into a folder, for ``tensorboard --logdir FOLDER``, and return how many trials it has.

    Args:
        table: the run's.
        store: where learning curves are read.
        folder: is made.

    Raises:
        UsageError: the package ``tensorboard`` is not installed.
    """
    written = 0
    for name, data in event_files(table, store):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        written += name.count("/") == 1
    return written


def event_files(table: Table, store: Store) -> Iterator[tuple[str, bytes]]:
    """Yield the export's files by name: the experiment's, one for each trial that has results, and for each its folds'.

    Curves of more trials than ``CURVES`` are those of the best.

    Raises:
        UsageError: the package ``tensorboard`` is not installed.
    """
    board = _library()
    numbers = [int(number) for number in choose(table, MOST)]
    began = table.fits.began if numbers else 0.0
    given = {number: _plain(table.trials[number]) for number in numbers}
    params = [board.summary.HParam(name, _domain(board, name, given)) for name in table.trials.names]
    metrics = [board.summary.Metric(name, display_name=f"mean {name}") for name in table.scoring]
    config = board.summary.hparams_config_pb(params, metrics, time_created_secs=began)
    yield "events.out.tfevents.0.tunejob", _events(board, [config], began)
    for number in numbers:
        yield f"trial-{number:06d}/events.out.tfevents.0.tunejob", _trial(board, table, number, given[number])
    for line in table.lines(store, [int(number) for number in table.ranking[:CURVES] if table.trained[number]]):
        yield f"trial-{line.trial:06d}/fold-{line.fold}/events.out.tfevents.0.tunejob", _fold(board, line)


def _library() -> Any:
    try:
        from tensorboard.compat.proto import event_pb2, summary_pb2
        from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2, summary_v2
        from tensorboard.summary.writer.record_writer import RecordWriter
    except ImportError as error:
        raise UsageError(
            "the export for TensorBoard needs the package tensorboard, which is not installed: "
            'pip install "tunejob[tensorboard]"'
        ) from error
    return SimpleNamespace(
        api=api_pb2,
        event=event_pb2,
        metadata=metadata,
        plugin=plugin_data_pb2,
        summary=summary_v2,
        values=summary_pb2,
        writer=RecordWriter,
    )


def _trial(board: Any, table: Table, number: int, given: dict[str, Any]) -> bytes:
    fits = table.fits
    ended = float(np.nanmax(fits.finished[number]))
    start = board.summary.hparams_pb(
        given, trial_id=f"trial {number}", start_time_secs=ended - float(np.nansum(fits.fit_seconds[number]))
    )
    means = {name: float(values[0][number]) for name, values in table.moments.items()}
    scores = [
        board.values.Summary.Value(tag=name, simple_value=mean) for name, mean in means.items() if not np.isnan(mean)
    ]
    if not np.isnan(fits.fit_seconds[number]).all():
        scores += _values(
            board, _times(float(np.nanmean(fits.fit_seconds[number])), float(np.nanmean(fits.score_seconds[number])))
        )
    end = _end(board, ended, failed=bool(fits.failed[number].any()))
    return _events(board, [start, board.values.Summary(value=scores), end], ended)


def _fold(board: Any, line: FitLine) -> bytes:
    """Learning curves by epoch, and the fold's scores and times."""
    moment = datetime.fromisoformat(line.finished).timestamp()
    epochs: dict[int, dict[str, float]] = {}
    for name, points in line.history.items():
        for epoch, value in points:
            epochs.setdefault(epoch, {})[f"epoch/{name}"] = value
    steps = [(epoch, board.values.Summary(value=_values(board, found))) for epoch, found in sorted(epochs.items())]
    last = {**line.scores, **_times(line.fit_seconds, line.score_seconds)}
    return _stepped(board, [*steps, (0, board.values.Summary(value=_values(board, last)))], moment)


def _times(fit: float, score: float) -> dict[str, float]:
    return {"time/fit_seconds": fit, "time/score_seconds": score}


def _values(board: Any, found: Mapping[str, float]) -> list[Any]:
    return [board.values.Summary.Value(tag=name, simple_value=value) for name, value in found.items()]


def _end(board: Any, ended: float, *, failed: bool) -> Any:
    """Return how a trial ended; the package's own function for it imports TensorFlow."""
    status = board.api.STATUS_FAILURE if failed else board.api.STATUS_SUCCESS
    info = board.plugin.SessionEndInfo(status=status, end_time_secs=ended)
    metadata = board.metadata.create_summary_metadata(board.plugin.HParamsPluginData(session_end_info=info))
    tag, tensor = board.metadata.SESSION_END_INFO_TAG, board.metadata.NULL_TENSOR
    return board.values.Summary(value=[board.values.Summary.Value(tag=tag, metadata=metadata, tensor=tensor)])


def _events(board: Any, summaries: list[Any], moment: float) -> bytes:
    return _stepped(board, [(0, summary) for summary in summaries], moment)


def _stepped(board: Any, summaries: Iterable[tuple[int, Any]], moment: float) -> bytes:
    data = io.BytesIO()
    writer = board.writer(data)
    writer.write(board.event.Event(wall_time=moment, file_version="brain.Event:2").SerializeToString())
    for step, summary in summaries:
        writer.write(board.event.Event(wall_time=moment, step=step, summary=summary).SerializeToString())
    return data.getvalue()


def _plain(params: dict[str, Any]) -> dict[str, Any]:
    """Return params as the kinds of values TensorBoard has: booleans, numbers and strings."""
    return {name: value if isinstance(value, bool | int | float) else label(value) for name, value in params.items()}


def _domain(board: Any, name: str, given: dict[int, dict[str, Any]]) -> Any:
    """Return a param's domain; None, which TensorBoard takes as any value, where kinds are mixed or texts are many."""
    values = {params[name] for params in given.values() if name in params}
    kinds = {float if type(value) is int else type(value) for value in values}
    if len(kinds) != 1:
        return None
    kind = kinds.pop()
    if len(values) <= _LEVELS:
        return board.summary.Discrete(sorted(kind(value) for value in values), dtype=kind)
    numbers = [float(value) for value in values if kind is float]
    return board.summary.RealInterval(min(numbers), max(numbers)) if numbers else None
