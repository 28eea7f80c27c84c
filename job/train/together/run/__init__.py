"""A group of fits from its first step to its results."""
