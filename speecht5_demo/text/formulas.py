"""Chemical formulas: H2SO4, NaCl, Ca(OH)2, Na+, SO4^2-: letter by letter, with the numbers between them.

A formula is known by its elements: it holds a number inside or a sign of charge, or is one of the few that are written
without any. One element with a number (K2, U2) is left alone, and so is a word in capitals before a number
(COP26).
"""

from __future__ import annotations

import re

from speecht5_demo.text.cardinals import cardinal
from speecht5_demo.text.wordlists import words

_TWO_LETTERS = (
    "He|Li|Be|Ne|Na|Mg|Al|Si|Cl|Ar|Ca|Sc|Ti|Cr|Mn|Fe|Co|Ni|Cu|Zn|Ga|Ge|As|Se|Br|Kr|Rb|Sr|Zr|Nb|Mo|Ru|Rh|Pd|Ag|Cd|In|"
    "Sn|Sb|Te|Xe|Cs|Ba|La|Ce|Nd|Eu|Gd|Hf|Ta|Re|Os|Ir|Pt|Au|Hg|Tl|Pb|Bi|Rn|Ra|Th|Pu"
)
_ELEMENT = rf"(?:{_TWO_LETTERS}|[HBCNOFPSKVIYWU])"
_ATOM = rf"{_ELEMENT}[0-9]{{0,2}}"
_GROUP = rf"\((?:{_ATOM}){{1,6}}\)[0-9]{{0,2}}"
_FORMULA = re.compile(
    rf"(?<![\w.,$#@/-])(?P<count>[0-9]{{1,2}})?(?P<formula>(?:{_ATOM}|{_GROUP}){{1,12}})"
    r"(?P<charge>\^?[0-9]?[+−-](?![\w+−-]))?(?![\w'-]|\.[0-9A-Za-z])"
)
_PART = re.compile(rf"{_ELEMENT}|[0-9]+")
_PLAIN = words(
    "NaCl HCl KCl NaOH KOH LiCl CsCl HBr KBr NaF LiF NaBr NaI AgCl AgBr GaAs SiC TiN GaN ZnO MgO CaO CuO FeO NiO ZnS",
    "FeS CdTe PbS NaCN KCN HCN NaClO NiMH InP LiOH NaH CO2 NO2 SO2 CO3 NO3 SO3 SO4 PO4 NH3 NH4 CH4 HNO3 KNO3",
)
_CHARGED = words("H Na K Li Ag Ca Mg Fe Cu Zn Al Ba Cl Br F Pb Hg Ni Co Mn Cr")


def _is_formula(formula: str, charge: str) -> bool:
    if formula in _PLAIN or (charge and formula.rstrip("1234") in _CHARGED):
        return True
    if len(re.findall(_ELEMENT, formula)) < 2 or not any(map(str.isdigit, formula)):
        return False
    inside = formula.rstrip("0123456789")
    return any(map(str.islower, formula)) or any(map(str.isdigit, inside)) or "(" in formula


def _speak(match: re.Match[str]) -> str:
    formula, charge = match["formula"], match["charge"] or ""
    if not _is_formula(formula, charge):
        return match[0]
    parts = [" ".join(part.upper()) if part.isalpha() else cardinal(part) for part in _PART.findall(formula)]
    parts += [cardinal(digit) for digit in charge if digit.isdigit()]
    parts += ["plus" if "+" in charge else "minus"] if charge else []
    return f"{match['count'] + ' ' if match['count'] else ''}{' '.join(parts)}"


def speak_formulas(text: str) -> str:
    """Write out chemical formulas."""
    return _FORMULA.sub(_speak, text)
