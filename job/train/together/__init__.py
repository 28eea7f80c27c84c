"""Fits trained together: one fit's training step as a pure function, mapped over the fits of a group."""
