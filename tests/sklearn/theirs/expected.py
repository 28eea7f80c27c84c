"""What of scikit-learn's own tests does not hold, and why: strictly, so that what is mended has to go from here."""

FAILURES = {}
"""Reasons by run, by the test's name."""
