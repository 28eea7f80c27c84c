"""The front door in Python: ``job.run``, ``job.results``, ``job.load``, and how a run shows itself there."""
