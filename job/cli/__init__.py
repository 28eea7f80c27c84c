"""The command: a file per family of verbs, no logic."""
