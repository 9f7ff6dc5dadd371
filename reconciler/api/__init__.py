"""The incident.io API: requests in, answers out, and nothing about what they mean."""

from reconciler.api.answers import Answer
from reconciler.api.asking import ask
from reconciler.api.client import Client, Page, Remembering
from reconciler.api.clock import Clock, Moment
from reconciler.api.connection import connect
from reconciler.api.exchange import Exchange
from reconciler.api.inprocess import in_process

__all__ = ["Answer", "Client", "Clock", "Exchange", "Moment", "Page", "Remembering", "ask", "connect", "in_process"]
