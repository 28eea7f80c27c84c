"""Whose turn it is to use Keras: one thread's, as seeds, names and what is patched are the whole process's."""

import threading

turn = threading.RLock()
"""Held while models are built, trained or asked, and never while another thread's code is waited for."""
