"""``python -m job`` is the command ``tunejob``."""

from job.cli.main import main

main()
