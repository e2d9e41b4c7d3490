"""CCR, comparison category rating (ITU-T P.800, annex E): the sharper test for a close call.

Two clips of one sentence; how is the quality of the second compared to the first? Half of the pairs have the baseline
first. The labels outside English are translated.
"""

from typing import ClassVar

from speecht5_demo.listening.methods.method import Method, PairTable, TrialPage


class ComparisonCategoryRating(Method):
    """How much better is the second clip?"""

    name = "CCR"
    summary = "two clips, how much better the second is, -3 to +3"
    low, high = -3, 3
    words: ClassVar = {
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
    questions: ClassVar = {"comparison": "How is the quality of the second clip compared to the first?"}
    traps: ClassVar = {2: "This is a check. Please choose plus two."}
    page = TrialPage(
        clips=("clip_first", "clip_second"), listen="listen_both", numbers="signed", highest_first=True
    )
    table = PairTable("Direct comparison with the baseline, -3 to +3", "baseline better by")
