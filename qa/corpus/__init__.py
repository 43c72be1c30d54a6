"""Files to Documents: reading, structure, title, date, furniture."""

from qa.corpus.folder import Skipped, read_folders
from qa.corpus.readers import READERS, read_document

__all__ = ["READERS", "Skipped", "read_document", "read_folders"]
