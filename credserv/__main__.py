"""`python -m credserv`."""

import sys

from credserv.cli import main

sys.exit(main())
