"""The HTTP interface: shapes and status codes, no retrieval logic."""

from qa.api.app import create_app

__all__ = ["create_app"]
