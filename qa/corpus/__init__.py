"""From files to Documents: reading, structure, title, date, boilerplate."""

from qa.corpus.folder import read_folders
from qa.corpus.readers import READERS, extract_html, read_document
from qa.corpus.reading import Options, Reading, Skipped
from qa.corpus.sandbox.confinement import Confinement
from qa.corpus.sandbox.process import confinement_here
from qa.corpus.scan import FolderReader, Found, Stamp, holds_any, reader_versions, scan, stamps

__all__ = [
    "READERS",
    "Confinement",
    "FolderReader",
    "Found",
    "Options",
    "Reading",
    "Skipped",
    "Stamp",
    "confinement_here",
    "extract_html",
    "holds_any",
    "read_document",
    "read_folders",
    "reader_versions",
    "scan",
    "stamps",
]
