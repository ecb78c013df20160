"""Where checks decide what lands, hypothesis draws the same examples every time; elsewhere new ones."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("steady", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("steady")
