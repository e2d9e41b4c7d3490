"""Words in capitals: NASA is said as a word, FBI letter by letter, STOP is only shouted."""

from __future__ import annotations

import re

from speecht5_demo.text.wordlists import words

_SAID_AS = {
    "GIF": "gif",
    "GUI": "gooey",
    "IEEE": "I triple E",
    "INT": "int",
    "JPEG": "jay peg",
    "JSON": "jason",
    "MPEG": "em peg",
    "OK": "okay",
    "SQL": "sequel",
    "WAV": "wave",
    "AAA": "triple A",
    "VRAM": "vee ram",
    "OpenAI": "Open A I",
    "PhD": "P H D",
    "WiFi": "why-fye",
    "ASAP": "A S A P",
}
_WORDS = words(
    "NASA NATO RAM ROM ZIP LASER RADAR SCUBA SWAT UNESCO UNICEF OPEC NAFTA ASCII CUDA COVID AIDS GAN TED",
    "PIN SIM VAT LAN WAN ELMO BERT LAMA IKEA LEGO NASDAQ FIFA UEFA SIDS FEMA OSHA DARPA NORAD POTUS",
    "SCOTUS BASIC COBOL FORTRAN BIOS DOS CAPTCHA MOS YAML TOML LLAMA CERN ESSO FIAT SAAB RAID NAND CMOS",
    "CAD NEMO COP VIN",
)
_LETTERS = words(
    "USA UAE ISO API URL IBM AIM CEO CIO CFO COO CIA UFO AKA FAQ DIY RIP EOF IEC ITU IPA AMD ARM EU UK US",
    "UN AI IT ID IP IQ TV PC HQ PR HR VR AR UI UX OS IO AM PM AC DC DJ MC OSS IOS ATM DNA RNA HIV CPU GPU",
    "TPU NPU TTS USB FPU RTF MAC PESQ WER MIT UCLA ESPN BBC CNN AOL ETA EPA IRA IOU ABC ADHD HDMI ACLU",
    "USSR YMCA YWCA IMHO IMO TLDR IIRC USPS USDA UNDP UCSD UCSF IPCC EULA OAP EKG ECG EEG ICU IUD IVF AFL",
    "AFAIK SUV EV UV XML HTML OECD NAACP AARP NCAA IAEA IUCN EEOC USAF AAAS OTP ATV ATP",
)
_COMMON = words(
    "A AN AS AT BE BY DO GO HE IF IN IS IT ME MY NO OF ON OR SO TO UP US WE AM OH OK HI ALL AND ANY ARE",
    "ASK BAD BAG BED BIG BOX BOY BUT BUY CAN CAR CAT CRY CUT DAD DAY DID DIE DOG EAT EGG END EYE FAR FEW",
    "FIX FLY FOR FUN GET GOD GOT GUY HAD HAS HER HEY HIM HIS HIT HOT HOW ICE JOB JOY KEY KID LAW LEG LET",
    "LIE LOT LOW MAD MAN MAY MEN MOM MUM NEW NOT NOW ODD OFF OIL OLD ONE OUR OUT OWN PAY PUT RED RUN SAD",
    "SAT SAW SAY SEA SEE SET SHE SIR SIT SIX SKY SON SUN TEA TEN THE TIE TOO TOP TRY TWO USE VAN WAR WAS",
    "WAY WET WHO WHY WIN WON YES YET YOU ZOO WOW LOL TIP BUS AGE AIR ART BAR BIT BUG CUP FAT FIT GAS GUN",
    "HAT LAY MAP MIX NET PEN PET POP SUM TAX TOY ADD AGO ACT AID ARM",
)
_PLAIN = _COMMON - _LETTERS - {"OK"}  # in capitals, these are nothing but shouted
_NAMED_BY_ARTICLE = re.compile(
    r"\b(?P<article>[Tt]he|[Aa]n|[Bb]y|[Tt]o)\s(?P<name>WHO|SAT|ACT|LSAT|MAT|ADA|MOT|FDA|AGM|EGM)\b"
)
"""Initialisms that are words in lower case as well: an article in front tells that a name is meant."""
_WHO = re.compile(
    r"\bWHO(?=(?:'s)?\s(?:officials?|director|chief|experts?|guidelines?|guidance|data|estimates|reports?|recommends|recommended|"
    r"declared|warned|warns|member|emergency|staff|spokes\w+|statement|figures|team|headquarters|scientists?)\b)"
)
_US_ALL = re.compile(
    r"\b(?P<verb>(?:[Tt]ell|[Gg]ive|[Ll]et|[Hh]elp|[Jj]oin|[Ss]how|[Cc]ontact|[Cc]all|[Ee]mail|[Mm]ail|[Aa]sk|[Ss]end|"
    r"[Ff]ollow|[Bb]ring|[Tt]each|[Ll]eave|[Tt]rust|[Tt]ext|[Pp]hone|[Rr]emind|[Ss]pare|[Ss]ave|[Tt]hank|[Ww]ish|[Ff]orgive|"
    r"[Bb]oth of|[Aa]ll of|[Nn]one of|[Ee]ach of|[Oo]ne of|[Ss]ome of|[Mm]ost of)s?)\sUS"
    r"(?=[!?.,;:]?$|[!?.,;:]\s|\s(?:now|today|again|that|what|why|how|when|where|who|if|about|to|a|an|your|our|more|all|"
    r"know|here|there|please|everything|anything|something|alone|out|at|on|by|for|have|go|do|be|see|hear|talk|first|are|were|agreed|will|can|did|had|want|need|like|love)\b)"
)
"""US in capitals behind what asks something of us, and before no noun: a voice that is raised, no country."""
_LOWER_LETTERS = words(
    "pdf html http https css url usb cpu gpu tts tv csv xml mp fp hz svg png jpg ssh ftp sql npm vpn",
)
_SENTENCE = re.compile(r"[^.?!\n]+")
_CAPITALS = re.compile(r"(?<![A-Za-z])([A-Z]{2,})(?P<plural>s|'s)?(?![A-Za-z])")
_LOWER = re.compile(rf"(?<![\w'])({'|'.join(sorted(_LOWER_LETTERS))})(?P<plural>s)?(?![\w'])")
_MIXED = re.compile(r"\b(OpenAI|WiFi|PhD)\b|\bWi-Fi\b")
_AMPERSAND = re.compile(r"\b([A-Z]{1,3})&([A-Z]{1,3})\b")
_VOWEL = re.compile(r"[AEIOUY]")
_UNSAYABLE = re.compile(
    r"[BCDFGHJKLMNPQRSTVWXZ]{4}|^(?:[BCDFGHJKLMNPQRSTVWXZ]{3}|[BCDFGJKLMNPQRVXZ][BCDFGKMNPQSTVXZ])"
)


def _speak(word: str, shouted: bool) -> str:
    if word in _SAID_AS:
        return _SAID_AS[word]
    if word in _WORDS:
        return word.capitalize()
    if word in _COMMON and (shouted or word not in _LETTERS):
        return word.lower()
    if word in _LETTERS or len(word) <= 3 or not _VOWEL.search(word):
        return " ".join(word)
    if not shouted and len(word) <= 5 and _UNSAYABLE.search(word):
        return " ".join(word)
    return word.lower()


def _only_shouted(word: str) -> bool:
    """True for a word that has no other reason to stand in capitals."""
    if word in _LETTERS or word in _WORDS or word in _SAID_AS:
        return False
    return word in _PLAIN or (len(word) > 3 and bool(_VOWEL.search(word)) and not _UNSAYABLE.search(word))


def _speak_sentence(sentence: re.Match[str]) -> str:
    found = [match[1] for match in _CAPITALS.finditer(sentence[0])]
    shouted = sum(_only_shouted(word) for word in found) >= 2

    def speak(match: re.Match[str]) -> str:
        return _speak(match[1], shouted) + (match["plural"] or "")

    return _CAPITALS.sub(speak, sentence[0])


def speak_acronyms(text: str) -> str:
    """Spell acronyms; put shouted words in lower case, so that both vocabularies read them as words."""
    text = _AMPERSAND.sub(lambda match: f"{' '.join(match[1])} and {' '.join(match[2])}", text)
    text = _NAMED_BY_ARTICLE.sub(lambda match: f"{match['article']} {' '.join(match['name'])}", text)
    text = _WHO.sub("W H O", text)
    text = _US_ALL.sub(r"\g<verb> us", text)
    text = _MIXED.sub(lambda match: _SAID_AS.get(match[0], "why-fye"), text)
    text = _SENTENCE.sub(_speak_sentence, text)
    return _LOWER.sub(lambda match: " ".join(match[1].upper()) + (match["plural"] or ""), text)
