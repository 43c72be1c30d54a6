"""Judged questions in, measures out, through the same engine that answers.

datasets   judged sets as they lie on the disk
spans      a set of questions with verbatim quotes, asked as a user asks
corpora    a corpus with judged documents, ranked to depth 100
measures   what is computed, with its interval
outcome    what an evaluation found, and its JSON
compare    two evaluations, question by question
gates      what must hold
report     one page for people
command    ``qa eval``
"""
