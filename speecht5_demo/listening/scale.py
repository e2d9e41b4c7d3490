"""The scales, in the words of the recommendations.

ACR is the five-point listening-quality scale of ITU-T P.800 (annex B), CCR the comparison scale of its annex E: the
quality of the second clip compared to the first. A scale in other words is another scale, so French, Spanish and
Chinese use the five grades of the ITU's own editions of BT.500, German those of German-speaking test practice. There is
no edition in Hindi; its labels, and those of CCR outside English, are translated.
"""

from collections.abc import Mapping

LANGUAGES = ("en", "de", "fr", "es", "hi", "zh-CN")

ACR: Mapping[str, Mapping[int, str]] = {
    "en": {5: "Excellent", 4: "Good", 3: "Fair", 2: "Poor", 1: "Bad"},
    "de": {5: "Ausgezeichnet", 4: "Gut", 3: "Ordentlich", 2: "Dürftig", 1: "Schlecht"},
    "fr": {5: "Excellente", 4: "Bonne", 3: "Assez bonne", 2: "Médiocre", 1: "Mauvaise"},
    "es": {5: "Excelente", 4: "Buena", 3: "Aceptable", 2: "Mediocre", 1: "Mala"},
    "hi": {5: "उत्कृष्ट", 4: "अच्छा", 3: "ठीक-ठाक", 2: "कमज़ोर", 1: "ख़राब"},
    "zh-CN": {5: "优", 4: "良", 3: "中", 2: "差", 1: "劣"},
}

CCR: Mapping[str, Mapping[int, str]] = {
    "en": {
        3: "Much better", 2: "Better", 1: "Slightly better", 0: "About the same",
        -1: "Slightly worse", -2: "Worse", -3: "Much worse",
    },
    "de": {
        3: "Viel besser", 2: "Besser", 1: "Etwas besser", 0: "Ungefähr gleich",
        -1: "Etwas schlechter", -2: "Schlechter", -3: "Viel schlechter",
    },
    "fr": {
        3: "Bien meilleure", 2: "Meilleure", 1: "Légèrement meilleure", 0: "À peu près la même",
        -1: "Légèrement moins bonne", -2: "Moins bonne", -3: "Bien moins bonne",
    },
    "es": {
        3: "Mucho mejor", 2: "Mejor", 1: "Ligeramente mejor", 0: "Aproximadamente igual",
        -1: "Ligeramente peor", -2: "Peor", -3: "Mucho peor",
    },
    "hi": {
        3: "बहुत बेहतर", 2: "बेहतर", 1: "थोड़ा बेहतर", 0: "लगभग समान",
        -1: "थोड़ा ख़राब", -2: "ख़राब", -3: "बहुत ख़राब",
    },
    "zh-CN": {
        3: "好得多", 2: "较好", 1: "稍好", 0: "大致相同",
        -1: "稍差", -2: "较差", -3: "差得多",
    },
}  # fmt: skip

SCALES: Mapping[str, Mapping[str, Mapping[int, str]]] = {"ACR": ACR, "CCR": CCR}

QUESTIONS: Mapping[str, str] = {
    "naturalness": "How natural does this speech sound?",
    "quality": "How do you rate the overall quality of this speech?",
    "effort": "How easily could you understand what was said?",
    "comparison": "How is the quality of the second clip compared to the first?",
}
"""Questions that the page knows in every language; a study may also ask one of its own, in its own words."""
