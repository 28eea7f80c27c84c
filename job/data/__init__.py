"""Rows from loaders, npz and csv; task, fingerprint, fold indices."""
