"""What is in use, and whether a new run's best takes its place: promoted on evidence, never by luck."""
