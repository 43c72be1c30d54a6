"""The store in a folder: immutable generations, FAISS, postings, documents."""
