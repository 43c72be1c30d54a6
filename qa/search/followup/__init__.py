"""Follow-up questions: completed with words from earlier questions, without a language model.

table     the lists of words that the rules use, English and Spanish
reading   a question's words, names and dates, and its words that refer to earlier questions
resolve   the rules, and the question that is searched for
"""

from qa.search.followup.reading import is_phrase
from qa.search.followup.resolve import TURNS, Searched, corrects, resolve

__all__ = ["TURNS", "Searched", "corrects", "is_phrase", "resolve"]
