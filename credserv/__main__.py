"""`python -m credserv`."""

import sys

from credserv.processes.cli import main

sys.exit(main())
