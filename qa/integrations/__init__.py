"""The archive as a retriever of other libraries, in this process: no service is needed.

``langchain`` and ``llama_index`` each hold one class of that library's own kind, and import the
library; ``found`` is what both share.
"""
