"""AB, paired preference: which of two clips sounds better, or is there no difference?

Both orders are heard. A vote is -1, 0 or +1; the mean of "baseline against variant" is the share of votes for the
baseline less the share for the variant, and "no difference" counts for neither.
"""

from typing import ClassVar

from speecht5_demo.listening.methods.method import Method, PairTable, TrialPage


class PairedPreference(Method):
    """Which one sounds better?"""

    name = "AB"
    summary = "two clips, which one sounds better, or no difference"
    low, high = -1, 1
    words: ClassVar = {
        "en": {-1: "The first", 0: "No difference", 1: "The second"},
        "de": {-1: "Der erste", 0: "Kein Unterschied", 1: "Der zweite"},
        "fr": {-1: "Le premier", 0: "Aucune différence", 1: "Le second"},
        "es": {-1: "El primero", 0: "Ninguna diferencia", 1: "El segundo"},
        "hi": {-1: "पहला", 0: "कोई अंतर नहीं", 1: "दूसरा"},
        "zh-CN": {-1: "第一段", 0: "没有区别", 1: "第二段"},
    }
    questions: ClassVar = {"preference": "Which of the two clips sounds better?"}
    traps: ClassVar = {1: "This is a check. Please choose the second clip."}
    page = TrialPage(
        clips=("clip_first", "clip_second"), listen="listen_both", numbers="key", highest_first=False
    )
    table = PairTable(
        "Preference, baseline against variant: share of votes for the baseline less the share for the variant",
        "baseline preferred by",
        "variant preferred",
        "no difference",
        "baseline preferred",
    )
