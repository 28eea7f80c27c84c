"""All that a run leaves for people and other programs, written into the store."""

from job.report import html, importance, markdown, words
from job.results import files
from job.results.table import Table
from job.store import RunKeys, Store


def store_all(table: Table, store: Store, *, resume: str) -> None:
    """Write ``cv_results.csv``, ``best.json``, ``report.md`` and ``report.html``, over those of an earlier moment.

    Args:
        table: the run's table, of any moment of the run.
        store: where the run lies.
        resume: the command that resumes an incomplete run.
    """
    keys = RunKeys(table.plan.study, table.plan.run)
    store.write(keys.cv_results, files.table_csv(table))
    told = words.mattered(importance.of(table, table.metric))  # takes a second, and whoever prints results wants none
    store.write(keys.best, files.best_json(table, {"mattered": told}))
    store.write(keys.report_md, markdown.render(table, store, resume=resume).encode())
    store.write(keys.report_html, html.render(table, store, resume=resume))
