"""Kinds of models, of each a small search: tunejob is to be slower on none."""
