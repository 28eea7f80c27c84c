"""A step as a program for any number of fits: traced, compiled, and fed with batches."""
