"""Who starts workers: local processes; the cluster."""
