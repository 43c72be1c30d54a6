"""The words that identify a follow-up: English, and a small part of Spanish.

No word here names a person, a place or a subject: the rules recognise an archive's own names by how a
question is written. All words are in lower case, with their accents.
"""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# --- words that carry no subject ---------------------------------------------------------------

INTERROGATIVES = _words(
    "who whom whose what which when where why how"
    " quién quiénes qué cuál cuáles cuándo dónde adónde cómo cuánto cuánta cuántos cuántas"
)
WHO = _words("who quién quiénes")
BEINGS = _words("is are was were 's be been being es era fue son eran fueron")
HAVES = _words("has have had")
AUXILIARIES = (
    BEINGS
    | HAVES
    | _words("do does did can could will would shall should may might must ha han había pudo puede")
)
ARTICLES = _words("the a an el la los las un una unos unas")
PREPOSITIONS = _words(
    "about after against at before by during for from in into near of on over since to toward"
    " towards under until with without"
    " a ante bajo con contra de desde durante en entre hacia hasta para por según sin sobre"
)
PLACE_PREPOSITIONS = _words("at from in into near to en desde hacia hasta")
# These words begin a clause of their own: a pronoun after one may refer to something before it.
CLAUSES = _words(
    "after although and because before but if once or since so than that though unless until"
    " when whenever where whether while who whose which why how"
    " aunque cuando pero porque que si y"
)
# Function words that our stop lists lack, and words that are too general to be a subject.
EMPTY = _words(
    "not then else ever yet still even else please ok okay yes really exactly many long big"
    " wasn't weren't isn't aren't didn't don't doesn't"
    " el la los las un una unos unas de del al a y o u e que en con por para se no lo le les me"
    " te nos es era fue son eran fueron ser ha han había muy más ya todo toda sobre según"
    " también entonces"
)
LIGHT = _words(
    "answer anybody anyone anything call called came caused cause come day days did do else end"
    " ended everyone everything first get give given go going gone got happen happened happening"
    " happens last later long made make man many mean means month much name number part people"
    " person place put reason result said say saying says something start started take taken tell"
    " there thing things time told took way went woman work worked year years"
    " año años cosa cosas día días dice dijo gente hace hacer hizo lugar mes nombre pasa pasó"
    " persona personas razón vez"
)

# --- words that refer back ---------------------------------------------------------------------

PERSONAL = _words("he she him her él ella")  # one person
SUBJECTS = _words("he she they")
THINGS = _words("it they them ellos ellas ello")  # one thing, or several of anything
POSSESSIVES = _words("his her its their su sus")
POINTING = _words("this that these those esto eso esta esa estos esos esas estas")
PLACES = _words("there allí ahí allá")
THERE_IS = BEINGS | HAVES  # "there are": here "there" is no place
# "Did Peru do the same?"
REMAINING = _words("same latter otherwise mismo misma")
ELSE = _words("else")
# "Who else, besides her": the question itself says what "else" excludes.
BESIDES = _words("besides apart except than beyond beside")
# "this year" means the year of asking. "that" before these words is a thing; elsewhere it is most
# often a conjunction.
DEICTIC = _words("year week month morning evening afternoon century decade summer winter")
# "Is it true that ...", "does it take ... for": here "it" refers to nothing.
EXPLETIVE = _words(
    "true right correct common possible impossible likely unlikely necessary legal illegal clear"
    " important safe normal better worth raining snowing take takes took"
)

# --- the beginnings of a follow-up -------------------------------------------------------------

LEAD = re.compile(
    r"[¿¡\s]*(?:(?:ok|okay|so|well|yes|no|bueno)\b[\s,]*)?"
    r"(?:and\s+(?:what|how)\s+about|(?:and|but|or)\s+also|what\s+about|how\s+about|and|or|but|also"
    r"|(?:y\s+)?qué\s+hay\s+de|pero|(?<=¿)y|y(?=\s+(?:en|el|la|los|las|por|qué)\b))\b[\s,]*",
    re.IGNORECASE,
)
CORRECTION = re.compile(
    r"\s*(?:(?:(?:oh|sorry|no(?!\.\s*\d)|nope|wait|actually|perdón|perdona|perdone|disculpa)\b\s*[,.!;:–—-]+\s*)+"
    r"(?:(?:i\s+meant?|quise\s+decir|quiero\s+decir|me\s+refería\s+a)\b[\s,:]*)?"
    r"|(?:(?:oh|sorry|no|perdón)\s+)?(?:i\s+meant?|quise\s+decir|me\s+refería\s+a)\b[\s,:]*)"
    r"(?:(?:to\s+(?:ask|say)|preguntar|decir)\b[\s,:]*)?(?:about\s+|por\s+)?",
    re.IGNORECASE,
)
"""What comes before other words for a part of the last question: "No, in 2019", "Sorry, I meant the bridge"."""
# X begins and ends without a space, so that the pattern reads many spaces in one way only.
DEFINITION = re.compile(
    r"[¿¡\s]*(?:and\s+)?(?P<asks>who|what|where|quién|quiénes|qué|dónde)(?P<be>\s+(?:is|are|was|were|es"
    r"|era|fue|son|eran|fueron|está|están)\s+|['’]s\s+)(?P<what>[^\s?!.](?:[^?!.]*[^\s?!.])?)\s*[?!.]*",
    re.IGNORECASE,
)
MEANS = _words("mean means significa")  # "What does scurvy mean?"

# --- names and dates ---------------------------------------------------------------------------

LINKS = _words("of de del la las los da das do dos di du van von der den ter bin al el und y")
MONTHS = _words(
    "january february march april may june july august september october november december jan"
    " feb mar apr jun jul aug sep sept oct nov dec enero febrero marzo abril mayo junio julio"
    " agosto septiembre octubre noviembre diciembre"
)
WEEKDAYS = _words(
    "monday tuesday wednesday thursday friday saturday sunday"
    " lunes martes miércoles jueves viernes sábado domingo"
)
# "Bolivian", "Spanish", "Chinese": before another word such a name only describes that word.
DESCRIBING = re.compile(r"\w{3,}(?:ian|ean|can|ish|ese|nch|tch|eek)s?")
