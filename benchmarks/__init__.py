"""Measurements of this program: word error rate, time outside recognition, memory."""

import transcribe  # noqa: F401 - turns off the telemetry of the peers' dependencies, too
