"""The HTTP interface: request and answer shapes and status codes. It has no retrieval logic."""

from qa.api.app import create_app

__all__ = ["create_app"]
