"""The example's notebook runs, cell by cell, in a kernel of its own."""

import shutil
import warnings
from pathlib import Path

import nbformat
from nbclient import NotebookClient

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_every_cell_runs(tmp_path, forked):
    """The search shows its best params, the run its table; no output is kept in the repository."""
    shutil.copytree(EXAMPLES / "breast_cancer", tmp_path / "breast_cancer", ignore=shutil.ignore_patterns("runs"))
    study = tmp_path / "breast_cancer" / "study.yaml"
    study.write_text(study.read_text().replace("epochs: 20", "epochs: 2"))  # `test_examples` runs it whole
    notebook = nbformat.read(EXAMPLES / "notebook.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the client's own event loops
        NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [one.data for cell in notebook.cells for one in cell.get("outputs", ()) if "data" in one]
    assert any("hidden_units" in data.get("text/plain", "") for data in shown)
    assert any("<th>rank</th>" in data.get("text/html", "") for data in shown)
