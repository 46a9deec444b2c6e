"""The project package: settings, URLs and the one API object."""

from __future__ import annotations

APP_VERSION = "0.1.0"
