"""The names of months and days of the week, and the eras of other calendars.

The names are from Unicode's CLDR: wide and abbreviated, as they stand in a date and alone. Some
languages have more names that occur. A test compares them with Babel's copy of CLDR.
"""

from __future__ import annotations

# A line begins with a language's code. Its twelve months follow; slashes separate the names of one.
_MONTHS = """
    en january/jan february/feb march/mar april/apr may june/jun july/jul august/aug september/sep/sept
      october/oct november/nov december/dec
    es enero/ene febrero/feb marzo/mar abril/abr mayo/may junio/jun julio/jul agosto/ago
      septiembre/sept/setiembre octubre/oct noviembre/nov diciembre/dic
    fr janvier/janv février/févr mars avril/avr mai juin juillet/juil août septembre/sept octobre/oct
      novembre/nov décembre/déc
    de januar/jan/jänner februar/feb/feber märz/mär/mrz april/apr mai juni/jun juli/jul august/aug
      september/sept/sep oktober/okt november/nov dezember/dez
    it gennaio/gen febbraio/feb marzo/mar aprile/apr maggio/mag giugno/giu luglio/lug agosto/ago
      settembre/set/sett ottobre/ott novembre/nov dicembre/dic
    pt janeiro/jan fevereiro/fev março/mar abril/abr maio/mai junho/jun julho/jul agosto/ago setembro/set
      outubro/out novembro/nov dezembro/dez
    ca gener/gen febrer/febr març abril/abr maig juny juliol/jul agost/ag setembre/set octubre/oct novembre/nov
      desembre/des
    nl januari/jan februari/feb maart/mrt april/apr mei juni/jun juli/jul augustus/aug september/sep oktober/okt
      november/nov december/dec
    da januar/jan februar/feb marts/mar april/apr maj juni/jun juli/jul august/aug september/sep oktober/okt
      november/nov december/dec
    nb januar/jan februar/feb mars/mar april/apr mai juni/jun juli/jul august/aug september/sep oktober/okt
      november/nov desember/des
    sv januari/jan februari/feb mars april/apr maj juni juli augusti/aug september/sep oktober/okt november/nov
      december/dec
    fi tammikuuta/tammi/tammikuu helmikuuta/helmi/helmikuu maaliskuuta/maalis/maaliskuu
      huhtikuuta/huhti/huhtikuu toukokuuta/touko/toukokuu kesäkuuta/kesä/kesäkuu heinäkuuta/heinä/heinäkuu
      elokuuta/elo/elokuu syyskuuta/syys/syyskuu lokakuuta/loka/lokakuu marraskuuta/marras/marraskuu
      joulukuuta/joulu/joulukuu
    et jaanuar/jaan veebruar/veebr märts aprill/apr mai juuni juuli august/aug september/sept oktoober/okt
      november/nov detsember/dets
    lv janvāris/janv februāris/febr marts aprīlis/apr maijs jūnijs/jūn jūlijs/jūl augusts/aug septembris/sept
      oktobris/okt novembris/nov decembris/dec
    lt sausio/saus/sausis vasario/vas/vasaris kovo/kov/kovas balandžio/bal/balandis gegužės/geg/gegužė
      birželio/birž/birželis liepos/liep/liepa rugpjūčio/rugp/rugpjūtis rugsėjo/rugs/rugsėjis spalio/spal/spalis
      lapkričio/lapkr/lapkritis gruodžio/gruod/gruodis
    pl stycznia/sty/styczeń lutego/lut/luty marca/mar/marzec kwietnia/kwi/kwiecień maja/maj czerwca/cze/czerwiec
      lipca/lip/lipiec sierpnia/sie/sierpień września/wrz/wrzesień października/paź/październik
      listopada/lis/listopad grudnia/gru/grudzień
    cs ledna/led/leden února/úno/únor března/bře/březen dubna/dub/duben května/kvě/květen června/čvn/červen
      července/čvc/červenec srpna/srp/srpen září/zář října/říj/říjen listopadu/lis/listopad
      prosince/pro/prosinec
    sk januára/jan/január februára/feb/február marca/mar/marec apríla/apr/apríl mája/máj júna/jún júla/júl
      augusta/aug/august septembra/sep/september októbra/okt/október novembra/nov/november decembra/dec/december
    sl januar/jan februar/feb marec/mar april/apr maj junij/jun julij/jul avgust/avg september/sep oktober/okt
      november/nov december/dec
    ro ianuarie/ian februarie/feb martie/mar aprilie/apr mai iunie/iun iulie/iul august/aug septembrie/sept
      octombrie/oct noiembrie/nov decembrie/dec
    hu január/jan február/febr március/márc április/ápr május/máj június/jún július/júl augusztus/aug
      szeptember/szept október/okt november/nov december/dec
    el ιανουαρίου/ιαν/ιανουάριος φεβρουαρίου/φεβ/φεβρουάριος μαρτίου/μαρ/μάρτιος/μάρ απριλίου/απρ/απρίλιος
      μαΐου/μαΐ/μάιος/μάι ιουνίου/ιουν/ιούνιος/ιούν ιουλίου/ιουλ/ιούλιος/ιούλ αυγούστου/αυγ/αύγουστος/αύγ
      σεπτεμβρίου/σεπ/σεπτέμβριος οκτωβρίου/οκτ/οκτώβριος νοεμβρίου/νοε/νοέμβριος/νοέ δεκεμβρίου/δεκ/δεκέμβριος
    tr ocak/oca şubat/şub mart/mar nisan/nis mayıs/may haziran/haz temmuz/tem ağustos/ağu eylül/eyl ekim/eki
      kasım/kas aralık/ara
    bg януари/яну февруари/фев март април/апр май юни юли август/авг септември/сеп октомври/окт ноември/ное
      декември/дек
    ru января/янв/январь февраля/февр/февраль/фев марта/мар/март апреля/апр/апрель мая/май июня/июн/июнь
      июля/июл/июль августа/авг/август сентября/сент/сентябрь/сен октября/окт/октябрь ноября/нояб/ноябрь/ноя
      декабря/дек/декабрь
    uk січня/січ/січень лютого/лют/лютий березня/бер/березень квітня/квіт/квітень травня/трав/травень
      червня/черв/червень липня/лип/липень серпня/серп/серпень вересня/вер/вересень жовтня/жовт/жовтень
      листопада/лист/листопад грудня/груд/грудень
    sr јануар/јан фебруар/феб март/мар април/апр мај јун јул август/авг септембар/сеп октобар/окт новембар/нов
      децембар/дец
    he ינואר/ינו׳ פברואר/פבר׳ מרץ אפריל/אפר׳ מאי יוני יולי אוגוסט/אוג׳ ספטמבר/ספט׳ אוקטובר/אוק׳ נובמבר/נוב׳
      דצמבר/דצמ׳
    ar يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر
    hi जनवरी/जन॰ फ़रवरी/फ़र॰ मार्च अप्रैल मई जून जुलाई/जुल॰ अगस्त/अग॰ सितंबर/सित॰ अक्टूबर/अक्टू॰ नवंबर/नव॰
      दिसंबर/दिस॰
    id januari/jan februari/feb maret/mar april/apr mei juni/jun juli/jul agustus/agu september/sep oktober/okt
      november/nov desember/des
    th มกราคม/ม.ค กุมภาพันธ์/ก.พ มีนาคม/มี.ค เมษายน/เม.ย พฤษภาคม/พ.ค มิถุนายน/มิ.ย กรกฎาคม/ก.ค สิงหาคม/ส.ค
      กันยายน/ก.ย ตุลาคม/ต.ค พฤศจิกายน/พ.ย ธันวาคม/ธ.ค
    eu urtarrila/urt otsaila/ots martxoa/mar apirila/api maiatza/mai ekaina/eka uztaila/uzt abuztua/abu
      iraila/ira urria/urr azaroa/aza abendua/abe
    gl xaneiro/xan febreiro/feb marzo/mar abril/abr maio xuño xullo/xul agosto/ago setembro/set outubro/out
      novembro/nov decembro/dec
    is janúar/jan febrúar/feb mars/mar apríl/apr maí júní/jún júlí/júl ágúst/ágú september/sep október/okt
      nóvember/nóv desember/des
"""
# Abbreviations only for languages that use them; elsewhere they are too often other words ("La Paz").
_WEEKDAYS = """
    en monday mon tuesday tue wednesday wed thursday thu friday fri saturday sat sunday sun
    es lunes lun martes mar miércoles mié jueves jue viernes vie sábado sáb domingo dom
    fr lundi lun mardi mar mercredi mer jeudi jeu vendredi ven samedi sam dimanche dim
    de montag mo dienstag di mittwoch mi donnerstag do freitag fr samstag sa sonntag so
    it lunedì lun martedì mar mercoledì mer giovedì gio venerdì ven sabato sab domenica dom
    pt segunda-feira seg terça-feira ter quarta-feira qua quinta-feira qui sexta-feira sex sábado sáb domingo
      dom
    nl maandag ma dinsdag di woensdag wo donderdag do vrijdag vr zaterdag za zondag zo
    sv måndag mån tisdag tis onsdag ons torsdag tors fredag fre lördag lör söndag sön
    pl poniedziałek pon wtorek wt środa śr czwartek czw piątek pt sobota sob niedziela niedz
    cs pondělí po úterý út středa st čtvrtek čt pátek pá sobota so neděle ne
    ru понедельник пн вторник вт среда ср четверг чт пятница пт суббота сб воскресенье вс
    uk понеділок пн вівторок вт середа ср четвер чт п’ятниця пт субота сб неділя нд
    ca dilluns dimarts dimecres dijous divendres dissabte diumenge
    da mandag tirsdag onsdag torsdag fredag lørdag søndag
    nb mandag tirsdag onsdag torsdag fredag lørdag søndag
    fi maanantaina maanantai tiistaina tiistai keskiviikkona keskiviikko torstaina torstai perjantaina perjantai
      lauantaina lauantai sunnuntai
    et esmaspäev teisipäev kolmapäev neljapäev reede laupäev pühapäev
    lv pirmdiena otrdiena trešdiena ceturtdiena piektdiena sestdiena svētdiena
    lt pirmadienis antradienis trečiadienis ketvirtadienis penktadienis šeštadienis sekmadienis
    sk pondelok utorok streda štvrtok piatok sobota nedeľa
    sl ponedeljek torek sreda četrtek petek sobota nedelja
    ro luni marți miercuri joi vineri sâmbătă duminică
    hu hétfő kedd szerda csütörtök péntek szombat vasárnap
    el δευτέρα τρίτη τετάρτη πέμπτη παρασκευή σάββατο κυριακή
    tr pazartesi salı çarşamba perşembe cuma cumartesi pazar
    bg понеделник вторник сряда четвъртък петък събота неделя
    sr понедељак уторак среда четвртак петак субота недеља
    he יום_שני יום_שלישי יום_רביעי יום_חמישי יום_שישי יום_שבת יום_ראשון
    ar الاثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد
    hi सोमवार मंगलवार बुधवार गुरुवार शुक्रवार शनिवार रविवार
    id senin selasa rabu kamis jumat sabtu minggu
    th วันจันทร์ วันอังคาร วันพุธ วันพฤหัสบดี วันศุกร์ วันเสาร์ วันอาทิตย์
    eu astelehena asteartea asteazkena osteguna ostirala larunbata igandea
    gl luns martes mércores xoves venres sábado domingo
    is mánudagur þriðjudagur miðvikudagur fimmtudagur föstudagur laugardagur sunnudagur
    xx tues weds thurs 星期一 星期二 星期三 星期四 星期五 星期六 星期日 星期天 周一 周二 周三 周四 周五 周六 周日
    週一 週二 週三 週四 週五 週六 週日 月曜日 火曜日 水曜日 木曜日 金曜日 土曜日 日曜日 월요일 화요일 수요일 목요일
    금요일 토요일 일요일
"""
_ROMAN = "i ii iii iv v vi vii viii ix x xi xii".split()

ERAS = {
    "明治": 1867, "大正": 1911, "昭和": 1925, "平成": 1988, "令和": 2018, "民國": 1911, "民国": 1911,
}  # fmt: skip
"""The year before the first year of an era, in Japan and Taiwan."""
BUDDHIST = 543
"""Years of the Thai calendar are higher than common ones by this number."""


def _variants(name: str) -> set[str]:
    """Return the lower-case forms of a name for all ways to capitalise it: in Turkish I is not i."""
    return {
        name,
        name.upper().lower(),
        name.replace("i", "İ").lower(),
        name.replace("ı", "I").lower(),
    }


def _months() -> dict[str, int]:
    found: dict[str, int] = {}
    number = 0
    for word in _MONTHS.split():
        if word.isascii() and len(word) == 2 and number in (0, 12):
            number = 0
            continue
        number += 1
        for name in word.split("/"):
            found.update(dict.fromkeys(_variants(name), number))
    return found


MONTHS = _months()
"""The number of each month by its name in lower case, without a dot at its end."""
THAI_MONTHS = {name: number for name, number in MONTHS.items() if "\u0e00" <= name[0] <= "\u0e7f"}
_SHORT_WEEKDAYS = frozenset(
    "mo di mi do fr sa so ma wo vr za zo пн вт ср чт пт сб вс нд po út st čt pá ne śr".split()
)
WEEKDAYS = frozenset(
    variant
    for word in _WEEKDAYS.split()
    for variant in _variants(word.replace("_", " "))
    if len(word) > 2 or word in _SHORT_WEEKDAYS
)


def month_of(word: str) -> int | None:
    """Return the number of the month that a word names; None if it names none.

    Roman numerals in capitals are months too, as in Polish and Hungarian dates.
    """
    if word.isupper() and word.lower() in _ROMAN:
        return _ROMAN.index(word.lower()) + 1
    name = word.lower().strip("’'.,\u05f3")
    return MONTHS.get(name) or MONTHS.get(
        name.removeprefix("ב").removeprefix("d’").removeprefix("d'")
    )
