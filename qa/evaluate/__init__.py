"""Judged questions in, measures out, through the same engine that answers.

datasets      judged sets as they lie on the disk
spans         a set of questions with verbatim quotes, asked as a user asks
corpora       a corpus with judged documents, ranked to depth 100
relevance     what judgements of documents say of a ranking, whoever made it
runs          rankings in TREC's form, written and read
foreign       a run that another program made, judged as ours is
measures      what is computed, with its interval
verdicts      what is computed from confidence and verdicts
outcome       what an evaluation found, and its JSON
compare       evaluations of one set, question by question
comparison    what a comparison found
significance  whether a difference is more than chance
gates         what must hold
table, markdown, report    all of it for a terminal, a comment on a change, a page
command       ``qa eval``
"""
