"""Words beside a date, in the languages of ``calendars``: words that make it the document's, and others.

Each list has a line or two for each language; bars separate alternatives, as in a regular expression.
"""

from __future__ import annotations

import re


def _any(words: str) -> str:
    """Return the pattern of a list: any of its words, with any white space inside."""
    parts = (part.strip() for line in words.splitlines() for part in line.split("|"))
    return "|".join(part.replace(" ", r"\s+") for part in parts if part)


_PUBLISHED = r"""
    publication date | date of publication | date of issue | date published | date posted
    release date | issue date | published | posted | issued | released
    veröffentlichungsdatum | veröffentlichung | veröffentlicht | erscheinungsdatum | erschienen | publiziert
    date de publication | date de parution | publiée? | parue? | mise? en ligne | postée?
    fecha de publicación | publicad[oa]
    data di pubblicazione | pubblicat[oa]
    data d[ea] publicação | postad[oa]
    publicatiedatum | gepubliceerd | geplaatst | verschenen
    дата публикации | опубликован[оаы]? | размещено
    дата публікації | опубліковано
    data publikacji | data wydania | opublikowan[oay] | dodano
    datum vydání | datum zveřejnění | publikováno | zveřejněno | vydáno
    publiceringsdatum | publicera[dt] | utgiven | publiceret | udgivet | publisert | julkaistu
    yayı(?:nlan|mlan)ma tarihi | yayın tarihi | yayı(?:n|ml)andı
    δημοσιεύθηκε | δημοσίευση
    közzétéve | megjelent
    פורסם | تاريخ النشر | نشر
    发布时间 | 发布日期 | 发布于 | 发布 | 發佈時間 | 發佈日期 | 發布日期 | 發布時間 | 出版日期 | 刊登日期 | 公布日期
    公開日時? | 発行日 | 発行 | 投稿日時? | 掲載日 | 配信日 | 公開
    게시일 | 등록일 | 발행일 | 입력
"""
_DATE = r"""
    date | datum | fecha | data | дата | tarih | dato | dátum | ημερομηνία | תאריך | التاريخ
    日期 | 日付 | 時間 | 时间 | 날짜 | 일자
"""
_MADE = r"""
    written | dated | sent | created | invoice date | date of (?:this )?letter
    erstellt | rechnungsdatum | créée? | date d[’']émission | escrito | fecha de emisión | scritto | creato
    criado | data de emissão | aangemaakt | factuurdatum | создано | data wystawienia | utworzono | sporządzono
    vytvořeno | datum vystavení | skapad | fakturadatum | fatura tarihi | kelt | 成文日期 | 作成日 | 작성일
"""
_BEHIND = (
    r"(?:\s+(?:on|at|el|le|am|vom|il|em|op|den|dne|dnia|w\s+dniu|в|від))?"
    r"(?:\s*[:：\-–—=>{]+\s*\$?(?:date:)?|\s+|(?<=[\u3040-\u9fff]))\s*"
)


def _label(words: str) -> re.Pattern[str]:
    first = r"(?:(?:first|originally|erstmals|zuerst|initialement)\s+)?"
    return re.compile(f"{first}(?:{_any(words)}){_BEHIND}", re.IGNORECASE)


PUBLISHED = _label(_PUBLISHED)
LABEL = _label(_PUBLISHED + _MADE + _DATE)
"""A label for the day on which a document was published or written."""
GENERAL_LABEL = re.compile(rf"(?:{_any(_DATE)})\s*[:：]", re.IGNORECASE)
"""A label that letters use for their own date, and flyers for the date of an event."""
LABEL_BEHIND = re.compile(
    _any(
        """
        発行 | 公開 | 掲載 | 投稿 | 発表 | 配信 | 作成 | 发布 | 發布 | 發佈 | 讯 | 訊 | 電 | 电
        발행 | 게시 | 작성 | 등록 | tarihli | tarihinde yayınlandı
        """
    ),
    re.IGNORECASE,
)
BY = re.compile(
    r"(?:(?:posted|written|published|submitted|reported)\s+)?(?:"
    + _any(
        """
        by | von | por | par | di | de | da | door | av | af | от | автор | autore? | autora | auteur
        tekst | text | words | yazan | hazırlayan | 글 | 기자
        """
    )
    + r")\b\s*[:：]?|(?:作者|记者|記者|来源|來源|文|執筆)\s*[:：]",
    re.IGNORECASE,
)
"""Words before the name of a document's author."""
RECORD = re.compile(
    rf"""\b(?:{
        _any(
            '''
        minutes | press release | newsletter | bulletin | letter of
        protokoll? | pressemitteilung | brief vom | ausgabe | sitzung | beschluss | urteil | verordnung | gesetz
        procès-verbal | compte[- ]rendu | lettre du | acta | carta de | verbale | notulen
        протокол | приказ | постановление | закон | protokół | uchwała | ustawa | rozporządzenie
        zápis | usnesení | vyhláška | zákon | tutanağı?
        '''
        )
    })\b|議事録|会议纪要|會議記錄|회의록""",
    re.IGNORECASE,
)
"""Names of papers that have the date of the day on which something took place."""
AT_A_PLACE = re.compile(r"(?:^|\s|,\s*)(?:den|d\.|le|lì|li|a|el|dne|dnia|on|im|en)$", re.IGNORECASE)
"""What stands between a place and the day."""
MADE_AT = re.compile(
    rf"^(?:{_any('fait à | fatto a | done (?:at|in) | dado en | hecho en | feito em | gegeben zu')}"
    r"|sporządzono\s+w|в|en|in|v|w)\s+",
    re.IGNORECASE,
)
OF_THE = re.compile(r"(?:vom|от|від|z\s+dnia|ze\s+dne|du|av\s+den|af)", re.IGNORECASE)
"""With nothing before it, this begins the second line of an act's title."""
NUMBER = re.compile(r"^\s*(?:№|nr\.?|no\.?|č\.)\s*\S{1,12}", re.IGNORECASE)
"""The number of an act, after its day."""
PARTICLES = frozenset(
    "de la le du des del di da do dos das am an der im in bei sur lès nad na w ve v von van den upon und et y e "
    "à i и г. г m. st. ul. d'".split()
)
"""Small words within a name."""
SAYS_WHERE = re.compile(
    rf"""^\W*(?:{
        _any(
            '''
        time | venue | place | where | location | uhrzeit | wo | ort | veranstaltungsort | lieu | où | heure
        lugar | dónde | hora | luogo | dove | ora | onde | local | waar | plaats | tijd | где | место | время
        gdzie | miejsce | godzina | var | plats | tid | kde | místo | čas | nerede | yer | saat
        場所 | 会場 | 地点 | 地點 | 장소
        '''
        )
    })\s?[:：]""",
    re.IGNORECASE | re.MULTILINE,
)
_CHANGED = r"""
    updat | modif | revis | edited | amended | last change | as of
    stand | aktualis | änder | überarb | mise? à jour | màj | actualiz | aggiorna | atualiza
    bijgewerkt | gewijzigd | herzien | обновл | измен | редакци | оновлен | aktualiz | zaktualiz | zmienion
    uppdatera | ändra | opdatere | oppdatert | päivitetty | güncel | değişt | ενημέρ | frissít
    更新 | 修改 | 修订 | 수정 | 갱신
"""
_OF_A_LIFE = r"""
    \bborn\b | birth | \bdied\b | death | geboren | geburt | \bgeb\. | gestorben | naissance | \bnée?\b | décès
    nacid | nacimiento | \bnat[oa]\b | nascita | nascid | nascimento | geboorte | рожд | родил | народж | urodz
    född | födelse | født | fødsels | syntym | naroz | doğum | született | születés | γέννησ
    出生 | 生年月日 | 生まれ | 생년월일 | 생일
"""
_ENDS = r"""
    deadline | due | clos(?:es|ing) | expir | valid | arrive by | no later
    frist | einsendeschluss | spätestens | gültig | fällig | einzureichen | abgabe
    délai | échéance | limite | plazo | vencimiento | scaden | termine | entro | prazo | validade | vencimento
    uiterlijk | sluit | verval | срок | не позднее | до$ | принима | termin | ważn | upływa
    senast | sista | uzávěr | lhůt | platn | son başvuru | son tarih | geçerli | határidő | προθεσμία
    截止 | 期限 | 締切 | 締め切り | 有効 | 有效 | 마감 | 유효
"""
_TAKES_PLACE = r"""
    upcoming | events?$ | ^when | begins | starts | opens | opening | takes place | effective | in force | next
    wann | beginn | veranstaltung | quand | début | événement | cuándo | comienzo | inicio | evento | quando
    inizio | início | wanneer | aanvang | evenement | когда | начало | мероприят | kiedy | początek | wydarzen
    ^när | början | evenemang | ^kdy | začátek | ne zaman | başlangıç | etkinlik
    日時 | 開催 | 開始 | 活动时间 | 일시 | 행사
"""
_OF_ANOTHER = r"""
    accessed | retrieved | visited | abgerufen | consulté | consultado | dostęp | received | accepted
    related | latest | archive | calendar | founded | gegründet | fondée? | fundad | established | copyright | ©
"""
_OTHER = re.compile(_any(_CHANGED + _OF_A_LIFE + _ENDS + _TAKES_PLACE + _OF_ANOTHER), re.IGNORECASE)
_LISTS = re.compile(
    _any(
        """
        related | see also | upcoming | events | upcoming events | latest | latest news | more news | news
        archive | calendar | what[’']s on | mehr zum thema | termine | veranstaltungen | aktuelles
        à lire aussi | agenda | événements | relacionados | eventos | próximos eventos | eventi | correlati
        evenementen | gerelateerd | похожие | события | афиша | wydarzenia | powiązane | evenemang
        kalender | akce | kalendář | etkinlikler
        関連記事 | お知らせ | 新着情報 | 相关新闻 | 最新消息 | 관련기사 | 공지사항
        """
    ),
    re.IGNORECASE,
)
_ENDS_OPEN = re.compile(
    rf"""(?:\b(?:{
        _any(
            '''
        by | until | till | to | from | before | after | since | on | in | of | and
        bis | ab | nach | seit | zum | jusqu[’']au | avant | depuis | hasta | antes | desde
        fino al | dal | até | tot | vanaf | voor | до | с | со | после | od | przed | po | från | sedan | kadar
        '''
        )
    })|[-–—+&]|[:：])\s*$""",
    re.IGNORECASE,
)
_MAX_LABEL = 80


def is_introduced(words: str) -> bool:
    """Whether the words before a date say that it is not the document's date."""
    words = words.strip()
    if not words or LABEL.fullmatch(words.rstrip(":： ") + ": "):
        return False
    if _ENDS_OPEN.search(words[-40:]):
        return True
    # A sentence says nothing about the date below it.
    return len(words) <= _MAX_LABEL and words[-1] not in ".!?。" and bool(_OTHER.search(words))


def is_list(words: str) -> bool:
    """Whether a line is the heading of a list of other things: news, events, other pages."""
    return _LISTS.fullmatch(words.strip(" :：*_#")) is not None
