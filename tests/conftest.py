"""What tests of all rooms share."""

import signal

pytest_plugins = ["servers.fixtures"]

# A shell without job control starts what it puts in the background with Ctrl-C ignored, and every program started from
# there would ignore it too: tests that press Ctrl-C would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)
