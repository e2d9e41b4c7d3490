"""Words that stand beside numbers in other languages than English: signs, ranges, ordinals and times of day."""

from __future__ import annotations

SIGNS: dict[str, dict[str, str]] = {
    "de": {"€": "Euro", "$": "Dollar", "£": "Pfund", "%": "Prozent", "&": "und", "+": "plus", "=": "gleich",
           "°C": "Grad Celsius", "°": "Grad", "§": "Paragraf", "×": "mal", "÷": "geteilt durch"},
    "fr": {"€": "euros", "$": "dollars", "£": "livres", "%": "pour cent", "&": "et", "+": "plus", "=": "égale",
           "°C": "degrés Celsius", "°": "degrés", "×": "fois", "÷": "divisé par"},
    "es": {"€": "euros", "$": "dólares", "£": "libras", "%": "por ciento", "&": "y", "+": "más", "=": "igual a",
           "°C": "grados Celsius", "°": "grados", "×": "por", "÷": "entre"},
    "it": {"€": "euro", "$": "dollari", "£": "sterline", "%": "per cento", "&": "e", "+": "più", "=": "uguale a",
           "°C": "gradi Celsius", "°": "gradi", "×": "per", "÷": "diviso"},
    "pt": {"R$": "reais", "€": "euros", "$": "dólares", "£": "libras", "%": "por cento", "&": "e", "+": "mais",
           "=": "igual a", "°C": "graus Celsius", "°": "graus", "×": "vezes", "÷": "dividido por"},
    "nl": {"€": "euro", "$": "dollar", "£": "pond", "%": "procent", "&": "en", "+": "plus", "=": "is gelijk aan",
           "°C": "graden Celsius", "°": "graden", "×": "keer", "÷": "gedeeld door"},
}  # fmt: skip
"""By language: what a sign is called. A sign that a language does not name is left out, and said to be."""

TO = {"de": "bis", "fr": "à", "es": "a", "it": "a", "pt": "a", "nl": "tot", "sv": "till", "da": "til", "no": "til",
      "pl": "do"}  # fmt: skip
"""Between the two ends of a range: 10-20 Tage."""

NUMERO = {"de": "Nummer", "fr": "numéro", "es": "número", "it": "numero", "pt": "número", "nl": "nummer"}
CLOCK = {"de": "Uhr", "fr": "heures"}
"""What is said between hours and minutes; in other languages nothing is."""

MONTHS = {
    "de": "Januar|Jänner|Februar|März|Maerz|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember",
    "da": "januar|februar|marts|april|maj|juni|juli|august|september|oktober|november|december",
    "no": "januar|februar|mars|april|mai|juni|juli|august|september|oktober|november|desember",
}
"""Of the languages that write a rank as a number with a full stop."""
