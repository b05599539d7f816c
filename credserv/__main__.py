"""`python -m credserv`."""

import sys

from credserv.processes.start import main

sys.exit(main())
