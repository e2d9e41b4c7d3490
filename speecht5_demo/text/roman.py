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
    "Lecture|chapter|part|act|scene|book|volume|section|article|appendix|phase|stage|type|level|grade"
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
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50}


def _value(numeral: str) -> int:
    values = [_VALUES[letter] for letter in numeral]
    pairs = zip(values, [*values[1:], 0], strict=True)
    return sum(-value if value < following else value for value, following in pairs)


def speak_roman(text: str) -> str:
    """Read a ruler's numeral as a rank and a noun's numeral as a count."""
    text = _RULER.sub(lambda match: f"{match['before']}the {ordinal(_value(match['numeral']))}", text)
    text = _CENTURY.sub(lambda match: ordinal(_value(match["numeral"])), text)
    text = _TITLED.sub(lambda match: f"{match['before']}the {ordinal(_value(match['numeral']))}", text)
    return _NOUN.sub(lambda match: f"{match['before']}{cardinal(str(_value(match['numeral'])))}", text)
