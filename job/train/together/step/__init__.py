"""One fit's training step as a function of its variables and rows, and many of them as one."""
