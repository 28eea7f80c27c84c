"""What talks to the API server: manifests, launching, watching, and what pods' states mean."""
