"""An export that TensorBoard's HParams view shows: one run per trial, with its params and mean scores.

Written with the package ``tensorboard`` alone; TensorFlow is not imported.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from job.errors import UsageError
from job.report.axes import label
from job.report.content import choose
from job.results.table import Table

MOST = 2_000
"""The most trials that are exported: the better half, and an even choice of the rest."""
_LEVELS = 20


def write(table: Table, folder: Path) -> int:
    """Write the export into a folder, for ``tensorboard --logdir FOLDER``, and return how many trials it has.

    Raises:
        UsageError: the package ``tensorboard`` is not installed.
    """
    written = 0
    for name, data in event_files(table):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        written += 1
    return written - 1  # the first file is the experiment's


def event_files(table: Table) -> Iterator[tuple[str, bytes]]:
    """Yield the export's files by name: the experiment's, and one for each trial that has results.

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
    end = _end(board, ended, failed=bool(fits.failed[number].any()))
    return _events(board, [start, board.values.Summary(value=scores), end], ended)


def _end(board: Any, ended: float, *, failed: bool) -> Any:
    """Return how a trial ended; the package's own function for it imports TensorFlow."""
    status = board.api.STATUS_FAILURE if failed else board.api.STATUS_SUCCESS
    info = board.plugin.SessionEndInfo(status=status, end_time_secs=ended)
    metadata = board.metadata.create_summary_metadata(board.plugin.HParamsPluginData(session_end_info=info))
    tag, tensor = board.metadata.SESSION_END_INFO_TAG, board.metadata.NULL_TENSOR
    return board.values.Summary(value=[board.values.Summary.Value(tag=tag, metadata=metadata, tensor=tensor)])


def _events(board: Any, summaries: list[Any], moment: float) -> bytes:
    data = io.BytesIO()
    writer = board.writer(data)
    writer.write(board.event.Event(wall_time=moment, file_version="brain.Event:2").SerializeToString())
    for summary in summaries:
        writer.write(board.event.Event(wall_time=moment, step=0, summary=summary).SerializeToString())
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
