"""Ask an archive in plain words; get ranked, verbatim excerpts with exact citations."""

__version__ = "0.1.0"
