"""A follow-up question, made to stand on its own by what was asked before; no language model.

table     the words that it goes by, English and Spanish
reading   a question's words, names and dates, and its words that mean something said before
resolve   the rules, and the question that is searched
"""

from qa.search.followup.resolve import TURNS, Searched, resolve

__all__ = ["TURNS", "Searched", "resolve"]
