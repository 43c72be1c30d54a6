"""Detects the language of a question or a text from its function words and its script.

A question is short and may have many foreign names, which mislead methods that count letters: "Who wrote
Grande Sertão: Veredas?" is English. There are few function words, every question has some, and names are
not counted. If the function words do not show the language clearly, the result is None.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise
from unicodedata import normalize

from qa.text.analysis import STOP_WORDS, fold

NAMES: Mapping[str, str] = {
    "ar": "Arabic", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek",
    "en": "English", "es": "Spanish", "fi": "Finnish", "fr": "French", "he": "Hebrew",
    "hi": "Hindi", "hu": "Hungarian", "it": "Italian", "ja": "Japanese", "ko": "Korean",
    "nl": "Dutch", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian",
    "ru": "Russian", "sv": "Swedish", "th": "Thai", "tr": "Turkish", "uk": "Ukrainian",
    "zh": "Chinese",
}  # fmt: skip
"""The English name of each language that can be detected, by its ISO 639-1 code."""

_COMMON: Mapping[str, str] = {
    "cs": """
        ale ani aby bych byl byla bylo byly být co což do dokud jak jaka jaká jaké jaký jako je jeho jejich
        jen jsem jsi jsme jsou kam kde kdo kdy kolik která které který ktera mezi může než nebo ne není od
        po pod podle proč pro před při se si své také tak ten tento této to tom tuto už v ve vysvětli že za
        ze s z na
        """,
    "da": """
        af at blev blive da den der deres det dette efter eller en er et for fordi fra før går har havde ham
        han hans hun hvad hvem hvilke hvilken hvilket hvis hvor hvordan hvorfor hvornår i ikke ind jeg kan
        kunne man mange med mellem mod når og om op på sig siden skal skulle som så til under var ved vi vil
        ville være forklar fortæl
        """,
    "de": """
        ab aber als am an auch auf aus bei beim bis dass daß dem denen denn deren dessen dies diese diesem
        diesen dieser dieses doch durch ein eine einem einen einer eines er erkläre erklären es für gab
        gegen gibt habe haben hat hatte hatten hinter ich ihm ihn ihr ihre ihrem ihren ihrer im in ist ja
        jede jeder kann kein keine können könnte machen man mehr mein mich mir mit nach nenne nennen nicht
        noch nur ob oder ohne sag sagt sein seine seinem seinen seiner seit sich sie sind so sollte sollten
        um und uns unter vom von vor wann war waren warum was weil welche welchem welchen welcher welches
        wem wen wenn wer werden wessen weshalb wie viele wieder wieso wieviel wird wo wobei wodurch woher wohin
        wollte wollten womit worauf worin worüber wovon wozu wurde wurden zeige zu zum zur zwischen über
        """,
    "en": " ".join(STOP_WORDS["en"]) + """
        ago don't doesn't didn't isn't aren't wasn't weren't can't couldn't won't wouldn't shouldn't hasn't
        haven't hadn't what's who's where's it's that's there's i'm let's explain tell give list show find
        many said say says according upon against one please thanks thank
        """,
    "es": """
        ante antes aquella aquel aunque cada cómo como con contra cuál cuáles cual cuales cuando cuándo
        cuánta cuántas cuánto cuántos cuanto cuantos cuantas cuya cuyo dame desde después dice dijeron dijo
        dime donde dónde durante e ella ellas ellos entre era eran es ese esa eso esos esta está están
        estaba estaban este esto estos estas explica explícame explique fue fueron había habían haber hace
        hacen hacer hacia han hasta hay he hizo hicieron hubo la le les más me menos mientras mi muy nombra
        nombre ni no nos nuestro o otra otro otros otras para pero por porque puede pueden puedes pudo qué
        que quién quiénes quien quienes se según ser será si sí sido sin sobre son su sus también tan tenía
        tener tiene tienen tipo toda todas todo todos tras tuvo tuvieron un una unas uno unos y ya
        """,
    "fi": """
        ei ennen että hän häntä hänen he ja jälkeen joka jonka jos jossa jotka kanssa keitä kenen kenet
        ketkä kerro kuin kuinka kuka kun kuten mihin mikä miksi millainen millä millaisia milloin minkä
        missä mistä mitä miten mitkä moni monta mukaan mutta myös niin noin oli olivat olla on ollut ovat se
        selitä sekä sen siitä sitä tai tämä voi
        """,
    "fr": """
        ai alors après as au aucun aussi autre autres aux avaient avait avant avec avez ce ceci cela ces cet
        cette chez combien comme comment contre d'un d'une dans depuis dis dis-moi dites doit donc donne
        donnez dont du elle elles entre est était étaient et été être eu expliquez explique fait faut furent
        fut il ils j' je jusqu lequel laquelle lesquels leur leurs lors lorsque mais même moi ne ni nomme
        nommez nos notre nous on ont ou où par parce parle pas pendant peut peuvent plus pour pourquoi près
        quand que quel quelle quelles quels qu'est-ce qu'il qu'elle qu'ils qu'on qu'a qu' quelqu'un qui quoi
        sa sans selon sera ses si son sont sous sur tous tout toute toutes très un une va vers vos votre
        vous y a-t-il a-t-elle c'est n'a n'est s'est d'où quelque qu
        """,
    "hu": """
        a az azt be belül ben ban csak de egy el ennek és ez ezt fel hány hogy hogyan hol honnan hová igen
        is ki kik kinek kit lehet lesz kell között le magyarázd meg melyek melyik mely mennyi mert mi miatt
        mikor milyen minden mit miért mivel nagy nem néhány nélkül sem szerint több után vagy van vannak
        volt voltak
        """,
    "it": """
        ad agli ai al alla alle allo anche aveva avevano c'è che chi ci ciò come con contro cos'è cosa così
        cui da dal dalla dalle dai degli dei del della delle dello dimmi dopo dove due durante e è ed era
        erano essere fa fra fu furono gli ha hanno in io lei loro lui ma mi molto ne negli nomina nei nel
        nella nelle nello nessuno noi non o ogni per perché perche più può prima qual quale quali quand
        quando quanta quante quanti quanto quella quelli quello questa queste questi questo sarà se secondo
        senza si sia sono sopra sotto spiega spiegami sta stata stato stati su sua sue sugli sul sulla sulle
        suo suoi tra tutti tutto un un' una uno dell nell all dall sull
        """,
    "nl": """
        aan al als bij dan dat de deze die dit door een en er gaat geef geen had hadden haar hebben heeft
        hem het hij hoe hoeveel hun ik in is kan kon konden kunnen leg maar me met moet moeten naar niet nog
        of om omdat onder ons ook op over sinds te tegen toen tot tussen uit uitleg van vanaf vertel voor
        waar waarom waarop waarin wanneer waren was wat welk welke werd werden wie wiens wij wilde worden
        wordt ze zich zij zijn zou
        """,
    "no": """
        av at ble bli da de den der deres det dette du eller en er et etter før for fordi forklar fortell
        fra gikk ha hadde han hans har hun hva hvem hvilke hvilken hvilket hvis hvor hvordan hvorfor i ikke
        inn jeg kan kunne man mange med mellom mot når og om opp på seg siden skal skulle som så til under
        var ved vi vil ville være
        """,
    "pl": """
        a aby ale albo był była było były być co czego czy czym dla do gdy gdzie go i ich ile ilu ja jak
        jaka jaki jakie jakich jako jego jej jest jeśli już kiedy kim kogo komu kto która które który
        których którzy lub ma mi między może na nad nie niż o od oraz po pod podaj podczas powiedz ponieważ
        przed przez przy są się skąd ta tak także ten to tej tego tym u w we według wyjaśnij więc z za ze że
        żeby dlaczego
        """,
    "pt": """
        a ao aos aonde aquela aquele as às até cada com como contra da das de dê depois desde dessa desse
        desta deste diga disse disseram do dos durante e é ela elas ele eles em entre era eram essa esse
        esta está este estava eu explica explique fez foi foram há havia isso já lhe mais mas me muito na
        nas nem nenhum no nos não o onde os ou para pela pelas pelo pelos pode podem pois por porque quê
        qual quais quando quanta quantas quanto quantos que quem se segundo seja sem ser seu seus seria sob
        sobre são sua suas também te tem têm tinha tinham tipo toda todas todo todos um uma umas uns você
        vocês à
        """,
    "ro": """
        a acest această ai al ale am ar are au avea ca că care când cât câte câți câtă ce cel cea cei cele
        cine cu cum cui către da dacă de deci decât despre din dintre după e ea ei el era erau este eu
        explică fi fost fără în îl între își la le lor lui mai mult mulți ne nici nu o pe pentru prin
        printre sa să sau se spre spune sub sunt și un unde unei unor unui va vor ați
        """,
    "ru": """
        а без бы был была были было быть в вам вас во вот все где для до его ее её если есть еще ещё же за и
        из или им их к как какая какие какой какого каком каких каким когда который которая которые кого
        кому кто куда ли между на над не него нет ни них но о об объясни однако он она они от откуда перед
        по под после почему при про расскажи с сколько со также так такое такой то только у чего чем что
        чтобы это этого этой этот я
        """,
    "sv": """
        alla att av blev bli de dem den deras det detta där då efter eller en enligt ett finns för förklara
        från före fram får genom ha hade han hans har henne hon honom hur huruvida här i in inte jag kan kom
        kunde man med mellan men mot många när någon något och om på sedan sig sin ska skulle som så till
        under upp ut vad var varför vart varifrån vara vem vems vi vid vilka vilken vilket vill ville år
        över är
        """,
    "tr": """
        acaba ama ancak bana ben bir biz bu çok da daha de değil diye en gibi göre hakkında hangi hangisi
        hangileri her için ile ise kaç kadar kendi kim kimdir kime kimi kimin kimler ki mi mı mu mü nasıl ne
        neden nedir nelerdir nerede nereye nereden niçin niye o olan olarak oldu olduğu olur onun sonra şu
        tarafından var ve veya ya yani zaman
        """,
    "uk": """
        але або бо був була були було бути в вас від він вона вони воно все де для до є його її їх з за
        звідки і із й коли кого кому кілька крім куди лише ли між на над не ні ніж о об однак під після по
        поясни при про скільки та так також те тим то тому у хто це цей цього ця чи чим чого чому що щоб як
        яка яке який яких які якій якого яким
        """,
}  # fmt: skip
"""Words that show a language; for English its stop words are added."""

_NAMELIKE: Mapping[str, str] = {
    "en": "a am an as do he i in me no on so was",
    "de": "das der des die",
    "es": "al de del el en la las lo los",
    "fr": "à ce d' de des en l' la le les d l",
    "it": "a da de di del della gli i il la le lo o",
    "nl": "de den der het van",
    "pt": "a o as os da das de do dos e em na no",
    "ro": "a al de la",
    "da": "de den",
    "sv": "de den",
    "no": "de den",
    "hu": "a az de",
    "cs": "a i k o na s u v z",
    "pl": "a i o u w z na",
}
"""Words that are as frequent in names and titles, or in another language; they have half the weight."""

OF_NAMES = frozenset(
    """
    al and auf da das de del della den der des di die do dos du e el et für i in la las le les lo los
    of per the und van von y zur
    """.split()
)
"""Words without a capital inside names."""

_LETTERS: Mapping[str, str] = {
    "cs": "áčďéěíňóřšťúůýž", "da": "æøå", "de": "äöüß", "es": "áéíñóú", "fi": "äö",
    "fr": "àâçèéêëîïôùûœ", "hu": "áéíóöőúüű", "it": "àèéìòù", "no": "æøå", "pl": "ąćęłńóśźż",
    "pt": "ãáàâçéêíóôõú", "ro": "ăâîșşțţ", "sv": "äåö", "tr": "çğıöşü", "uk": "ґєії",
}  # fmt: skip
"""Letters that English has only in foreign words. A word with one has the weight of a name-like word."""

_SCRIPTS: tuple[tuple[str, str], ...] = (
    ("el", "\u0370-\u03ff\u1f00-\u1fff"),
    ("he", "\u0590-\u05ff"),
    ("ar", "\u0600-\u06ff\u0750-\u077f"),
    ("hi", "\u0900-\u097f"),
    ("th", "\u0e00-\u0e7f"),
    ("ko", "\u1100-\u11ff\uac00-\ud7af"),
    ("ja", "\u3040-\u30ff"),
    ("zh", "\u4e00-\u9fff"),
)  # Kana come before Chinese characters, which Japanese has too.
_IN_SCRIPT = tuple((code, re.compile(f"[{span}]")) for code, span in _SCRIPTS)
_LETTER = re.compile(r"[^\W\d_]")
_TOKEN = re.compile(r"(?:[^\W_]|[\u0300-\u036f])+(?:['’-](?:[^\W_]|[\u0300-\u036f])+)*")
_QUOTED = re.compile(r'"[^"]*"|“[^”]*”|«[^»]*»|„[^“”]*[“”]|(?<!\w)[\'‘][^\'’]+[\'’](?!\w)')
_SURE = 1.5
"""The least evidence for a language: a common word and a name-like one."""
_APART = 3.0
"""It must be so many times as strong as the evidence for a language of the archive."""
_TEXT = 4.0
"""The least evidence in a passage of a text."""
_SHARE = 0.1
"""A language is the archive's if at least this share of its passages is in it."""


def _weights() -> dict[str, dict[str, float]]:
    """Return, for each folded word, its weight for each language."""
    found: dict[str, dict[str, float]] = {}
    for weight, table in ((1.0, _COMMON), (0.5, _NAMELIKE)):
        for code, words in table.items():
            for word in map(fold, words.split()):
                for spelled in {word, word.replace("'", "")}:
                    found.setdefault(spelled, {})[code] = weight
    return found


_WEIGHTS = _weights()
_SPELLED = {
    code: frozenset(
        word for word in f"{words} {_NAMELIKE.get(code, '')}".split() if fold(word) != word
    )
    for code, words in _COMMON.items()
}


def is_function_word(word: str, languages: Iterable[str]) -> bool:
    """Whether a folded word is a function word in one of some languages."""
    held = _WEIGHTS.get(word)
    return held is not None and any(code in held for code in languages)


def question_language(question: str, archive: Iterable[str] = ("en",)) -> str | None:
    """Return the code of a question's language if it is surely none of the archive's; else None.

    None also if nothing shows the language.
    """
    script = _script(question)
    own = frozenset(archive)
    if script is not None:
        return None if script in own else script
    words = _words_outside_names(_QUOTED.sub(" ", question))
    found = _evidence(words)
    if "¿" in question or "¡" in question:
        found["es"] += 1.0
    if not found:
        return None
    best, strength = max(found.items(), key=lambda pair: (pair[1], pair[0]))
    against = max((found.get(code, 0.0) for code in own), default=0.0)
    return best if best not in own and strength >= max(_SURE, _APART * against) else None


def text_languages(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the codes of the languages of an archive's passages, the most frequent first."""
    found: Counter[str] = Counter()
    for text in texts:
        code = _script(text)
        if code is None:
            evidence = _evidence(_TOKEN.findall(text))
            code, strength = max(evidence.items(), key=lambda pair: pair[1], default=("", 0.0))
            code = code if strength >= _TEXT else None
        if code:
            found[code] += 1
    return tuple(code for code, count in found.most_common() if count >= _SHARE * found.total())


def _script(text: str) -> str | None:
    """Return the language of the script of most letters, if only one language has this script."""
    letters = len(_LETTER.findall(text))
    if not letters or text.isascii():
        return None
    for code, pattern in _IN_SCRIPT:
        count = len(pattern.findall(text))
        if code == "ja" and count:  # then the Chinese characters are Japanese too
            count += len(_IN_SCRIPT[-1][1].findall(text))
        if 2 * count > letters:
            return code
    return None


def _words_outside_names(text: str) -> list[str]:
    """Return the words of a question outside names: no capitals, and no words that join two names."""
    words = list(_TOKEN.finditer(text))
    if not any(word.group().islower() for word in words[1:]):
        return [word.group() for word in words]
    capital = [n > 0 and word.group()[0].isupper() for n, word in enumerate(words)]
    named = capital.copy()
    for first, last in pairwise(n for n, is_one in enumerate(capital) if is_one):
        between = text[words[first].end() : words[last].start()].split()
        if OF_NAMES.issuperset(between):
            named[first:last] = [True] * (last - first)
    return [word.group() for word, is_one in zip(words, named, strict=True) if not is_one]


def _evidence(words: Iterable[str]) -> dict[str, float]:
    """Return how strongly words show each language; a word counts once."""
    found: dict[str, float] = defaultdict(float)
    marked: set[str] = set()
    for word in {normalize("NFC", word).casefold().replace("’", "'") for word in words}:
        folded = fold(word)
        parts = [folded] if folded in _WEIGHTS else re.split("['-]", folded)
        for part in parts:
            for code, weight in _WEIGHTS.get(part, {}).items():
                if code == "en" and not word.isascii():
                    continue  # "à" is no English word
                # If an accent exists only in this language, it distinguishes it from similar ones.
                found[code] += weight + (0.25 if word in _SPELLED[code] else 0.0)
        if not word.isascii():
            marked.update(word)
    for code, letters in _LETTERS.items():
        if not marked.isdisjoint(letters):
            found[code] += 0.5
    return found
