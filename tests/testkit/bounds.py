"""How long a hostile input may keep a test busy before it counts as hanging.

Speed itself is measured in benchmarks/, as a ratio. These bounds only tell *linear* from *never ends*, so
they are wide: coverage slows everything down several times, and so does a busy machine.
"""

from __future__ import annotations

HANGS_AFTER = 60.0  # seconds
