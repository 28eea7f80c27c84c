"""Searches whose fits are trained elsewhere: by worker processes on a folder, or in a cluster."""
