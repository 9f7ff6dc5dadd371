"""Incident response as code for incident.io."""

__version__ = "0.1.0"
