"""Roman numerals where a name or a noun in front makes them safe: Henry VIII, World War II, Chapter IV."""

from __future__ import annotations

import re

from speecht5_demo.text.addresses import STARTERS
from speecht5_demo.text.cardinals import cardinal, ordinal

_RULERS = (
    "Henry|Louis|Elizabeth|George|Edward|Charles|James|William|Richard|Philip|Paul|Pius|Benedict|Gregory|Leo|Napoleon|"
    "Nicholas|Peter|Catherine|Alexander|Francis|Frederick|Ivan|Ramses|Ramesses|Wilhelm|Umberto|Otto|Henri|Mary|Clement|"
    "Innocent|Urban|Felipe|Carlos|Gustav|Christian|Harald|Olav|Haakon|Victoria|Margaret|Margrethe|Ptolemy|Cleopatra|"
    "Darius|Xerxes|Artaxerxes|Thutmose|Amenhotep|Murad|Mehmed|Selim|Suleiman|Boniface|Sixtus|Julius|Alfonso|Ferdinand|"
    "Leopold|Joseph|Robert|Malcolm|Albert|Rainier|Baldwin|Emmanuel|Constantine|Justinian|Theodosius|John|Stephen|Adrian|"
    "Hadrian|Martin|Eugene|Celestine|Callixtus|Honorius|Alexius|Isaac|Vladimir|Boris|Frederik|Willem|Juan|Pedro|Manuel|"
    "Afonso|Maximilian|Franz|Karl|Erik|Eric|Sigismund|Casimir|Matthias|Rudolf|Lothar|Conrad|Michael|Basil|Sergius|"
    "Marcellus|Anastasius|Gelasius|Lucius|Nero|Tiberius|Edmund|Ethelred|Canute|Valdemar|Magnus|Abdul|Hussein|Hassan|"
    "Rama|Seti|Amenemhat|Antiochus|Seleucus|Philippe|Jean|Karol|Stanislaus|Vittorio|Akbar|Thomas|David|Andrew"
)
_NOUNS = (
    "War|Chapter|Part|Act|Scene|Book|Volume|Vol|Section|Article|Appendix|Figure|Table|Phase|Stage|Type|Class|Level|"
    "Grade|Title|Bowl|Division|Round|Episode|Season|Version|Mark|Apollo|Rocky|Final Fantasy|Star Wars|Canto|"
    "Lecture|Category|Tier|Paragraph|Page|Sonnet|Psalm|Symphony|Model|chapter|part|act|scene|book|volume|section|"
    "article|appendix|phase|stage|type|level|grade|figure|table|category|page|paragraph"
)
_TITLES = "Pope|King|Queen|Emperor|Empress|Tsar|Czar|Prince|Kaiser|Sultan|Pharaoh|Patriarch|Shah|Duke|Count|Antipope"
_NUMERAL = r"(?P<numeral>(?=[IVX]|L[IVX])(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3}))"
_ALONE = r"(?!\w|[-.][A-Za-z]|'(?!s\b)[A-Za-z])"
_NO_INITIAL = rf"(?!\.\s+(?!(?:{STARTERS})\b)[A-Z])"  # John V. Lindsay
# "I", "V" and "X" alone are words or letters more often than numbers: they need the end of a phrase behind.
_SAFE = rf"(?:(?<=[IVXL]{{2}})|{_NO_INITIAL}(?=[,.;:?!)\n]|'s\b|\s*$|\s(?:of|and|was|is|in|died|ruled|became|by)\b))"
_NO_SPEAKER = (
    r"(?!(?<=I)\s(?:am|think|have|had|know|knew|saw|met|will|would|can|love|like|mean|do|did|don't)\b)"
)
_RULER = re.compile(rf"\b(?P<before>(?:{_RULERS})\s){_NUMERAL}{_ALONE}{_SAFE}")
_TITLED = re.compile(
    rf"\b(?P<before>(?:{_TITLES})\s(?:[A-Z][a-z]+\s){{1,3}}){_NUMERAL}{_ALONE}(?:(?<=[IVXL]{{2}})|{_NO_INITIAL}(?<=\s[IVX]){_NO_SPEAKER})"
)
_NOUN = re.compile(rf"\b(?P<before>(?:{_NOUNS})\s){_NUMERAL}{_ALONE}{_SAFE}")
_CENTURY = re.compile(rf"\b{_NUMERAL}(?:st|nd|rd|th)?(?=\s(?:[Cc]entury|[Cc]enturies)\b)")
_PEOPLE = (
    "John|James|William|Thomas|Robert|Charles|George|Henry|Edward|Richard|Joseph|David|Michael|Samuel|Daniel|Frank|Walter|"
    "Arthur|Albert|Harold|Howard|Harry|Fred|Jack|Paul|Peter|Philip|Stephen|Steven|Martin|Andrew|Matthew|Mark|Anthony|Donald|"
    "Ronald|Kenneth|Raymond|Benjamin|Alexander|Nicholas|Francis|Louis|Theodore|Winthrop|Cornelius|Adlai|Sammy|Ray|Alan"
)
_LONGER = r"(?P<numeral>(?:XC|XL|L?X{1,3})(?:IX|IV|V?I{1,3}|V)|VI{1,3}|IV|IX|I{2,3})"
_SHORT_NAME = r"(?:[A-Z]\.\s|[A-Z][a-z]+\s)"
_GRANDSON = re.compile(
    rf"\b(?P<before>(?:{_PEOPLE}|Sir\s[A-Z][a-z]+|Mr\.?|Dr\.?)\s{_SHORT_NAME}{{1,2}}){_LONGER}{_ALONE}"
)
_SEQUEL = re.compile(
    rf"(?P<before>\b(?!(?:{STARTERS})\s)[A-Z][a-z]+\s){_LONGER}{_ALONE}(?!(?<=IV|VI)\s[a-z])"
)
_WORLD_WAR = re.compile(r"\bWW(?P<numeral>I{1,2}|[12])(?![\w])")
_SOME = (
    "pages|chapters|volumes|parts|acts|books|sections|articles|figures|tables|phases|stages|types|classes|levels|grades|"
    "appendices|scenes|rounds|episodes|wars|lines|verses|categories|tiers|pp|vols|chs"
)
_SMALL = r"(?=[ivxlIVXL])(?:[xX][cC]|[xX][lL]|[lL]?[xX]{0,3})(?:[iI][xX]|[iI][vV]|[vV]?[iI]{0,3})"
_LISTED = re.compile(
    rf"(?P<before>\b(?:{_SOME}|page|chapter|part|volume|section|act|book|phase|type)\.?\s)(?P<first>{_SMALL})"
    rf"(?P<rest>(?:(?:\s?[-–—]\s?|,?\s(?:to|and|or|through)\s|,\s){_SMALL}(?![\w'])){{1,6}})",
    re.IGNORECASE,
)
_ONE_SMALL = re.compile(
    r"(?P<before>\b(?:[Pp]age|[Cc]hapter|[Vv]olume|[Ss]cene|[Aa]ct|[Ss]ection|[Pp]art|[Bb]ook|[Aa]ppendix|[Ff]igure|[Pp]p?\.)\s)(?P<numeral>(?=[ivxl]{2})(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3}))(?![\w'])"
)
_KIND_ONE = re.compile(
    r"(?P<before>\b(?:[Tt]ype|[Pp]hase|[Cc]lass|[Ss]tage|[Gg]rade|[Ll]evel|[Cc]ategory|[Tt]ier)\s)(?P<numeral>[IVX])"
    r"(?=\s(?:errors?|trials?|diabetes|stud(?:y|ies)|clinical|cancers?|railroads?|railways?|collagen|drugs?|substances?|"
    r"evidence|or|tumou?rs?|interferons?|restrictions?|supernova\w*|fibers?|hypersensitivity|survey|milling|players?)\b)"
    r"|(?P<act>\b[Aa]ct\s)(?P<first>[IVX])(?=,?\s[Ss]cene\b)"
)
_REIGNED = re.compile(
    rf"\b(?P<before>(?:{_RULERS})\s)(?P<numeral>I)(?=\s(?:reigned|ruled|succeeded|abdicated|acceded|ascended|inherited|"
    r"conquered|invaded|founded|granted|decreed|defeated|established|reigns|rules|succeeds)\b)"
)
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50}


def _value(numeral: str) -> int:
    values = [_VALUES[letter] for letter in numeral.upper()]
    pairs = zip(values, [*values[1:], 0], strict=True)
    return sum(-value if value < following else value for value, following in pairs)


def _count(numeral: str) -> str:
    return cardinal(str(_value(numeral)))


def _speak_listed(match: re.Match[str]) -> str:
    """Pages i-iv, volumes I, II and IV: all in small letters or all in capitals."""
    numerals = re.findall(r"\b[ivxlIVXL]+\b", match["first"] + match["rest"])
    together = "".join(numerals)
    if not match["first"] or not (together.islower() or together.isupper()):
        return match[0]
    rest = re.sub(r"\s?[-–—]\s?", " to ", match["rest"])
    counted = re.sub(r"\b[ivxlIVXL]+\b", lambda numeral: _count(numeral[0]), match["first"] + rest)
    return match["before"] + counted


def speak_roman_lists(text: str) -> str:
    """Pages i - iv, page xii, volumes I and III: before a dash or a letter is taken for a sum."""
    text = _LISTED.sub(_speak_listed, text)
    return _ONE_SMALL.sub(lambda match: match["before"] + _count(match["numeral"]), text)


def speak_roman(text: str) -> str:
    """Read a ruler's numeral as a rank and a noun's numeral as a count."""
    text = _REIGNED.sub(lambda match: f"{match['before']}the first", text)
    text = _GRANDSON.sub(lambda match: f"{match['before']}the {ordinal(_value(match['numeral']))}", text)
    text = _KIND_ONE.sub(
        lambda match: (match["before"] or match["act"]) + _count(match["numeral"] or match["first"]), text
    )
    text = _WORLD_WAR.sub(
        lambda match: "World War " + ("one" if match["numeral"] in ("I", "1") else "two"), text
    )
    text = _RULER.sub(lambda match: f"{match['before']}the {ordinal(_value(match['numeral']))}", text)
    text = _CENTURY.sub(lambda match: ordinal(_value(match["numeral"])), text)
    text = _TITLED.sub(lambda match: f"{match['before']}the {ordinal(_value(match['numeral']))}", text)
    text = _NOUN.sub(lambda match: match["before"] + _count(match["numeral"]), text)
    return _SEQUEL.sub(lambda match: match["before"] + _count(match["numeral"]), text)
