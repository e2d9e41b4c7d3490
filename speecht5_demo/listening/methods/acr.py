"""ACR, absolute category rating: one clip on the five-point listening-quality scale of ITU-T P.800 (annex B).

A scale in other words is another scale, so French, Spanish and Chinese use the five grades of the ITU's own editions
of BT.500, German those of German-speaking test practice. There is no edition in Hindi; its labels are translated.
"""

from typing import ClassVar

from speecht5_demo.listening.methods.method import Method, TrialPage


class AbsoluteCategoryRating(Method):
    """How good is this clip?"""

    name = "ACR"
    summary = "one clip, 5 Excellent to 1 Bad"
    low, high = 1, 5
    words: ClassVar = {
        "en": {5: "Excellent", 4: "Good", 3: "Fair", 2: "Poor", 1: "Bad"},
        "de": {5: "Ausgezeichnet", 4: "Gut", 3: "Ordentlich", 2: "Dürftig", 1: "Schlecht"},
        "fr": {5: "Excellente", 4: "Bonne", 3: "Assez bonne", 2: "Médiocre", 1: "Mauvaise"},
        "es": {5: "Excelente", 4: "Buena", 3: "Aceptable", 2: "Mediocre", 1: "Mala"},
        "hi": {5: "उत्कृष्ट", 4: "अच्छा", 3: "ठीक-ठाक", 2: "कमज़ोर", 1: "ख़राब"},
        "zh-CN": {5: "优", 4: "良", 3: "中", 2: "差", 1: "劣"},
    }
    questions: ClassVar = {
        "naturalness": "How natural does this speech sound?",
        "quality": "How do you rate the overall quality of this speech?",
        "effort": "How easily could you understand what was said?",
    }
    traps: ClassVar = {2: "This is a check. Please choose two.", 4: "This is a check. Please choose four."}
    page = TrialPage(clips=("clip",), listen="listen_first", numbers="plain", highest_first=True)
