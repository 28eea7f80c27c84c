"""The process that trains, started by itself: ``python -m job.work ORDERS``."""

import sys

from job.work import process
from job.work.orders import Orders

if __name__ == "__main__":
    sys.exit(process.main(Orders.loads(sys.argv[1])))
