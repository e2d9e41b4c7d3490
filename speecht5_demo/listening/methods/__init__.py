"""The question types of a listening test, one module each, in one registry.

A new one is a module here with a subclass of `Method`, its name in `METHODS`, and its question in the page's texts.
Studies, rows, the page, simulated listeners and the analysis take it from the registry.
"""

from collections.abc import Mapping

from speecht5_demo.errors import RatingsError
from speecht5_demo.listening.methods.ab import PairedPreference
from speecht5_demo.listening.methods.acr import AbsoluteCategoryRating
from speecht5_demo.listening.methods.ccr import ComparisonCategoryRating
from speecht5_demo.listening.methods.method import LANGUAGES, Condition, Method

ACR, AB = AbsoluteCategoryRating(), PairedPreference()
METHODS: Mapping[str, Method] = {one.name: one for one in (ACR, ComparisonCategoryRating(), AB)}
QUESTIONS: Mapping[str, str] = {key: text for one in METHODS.values() for key, text in one.questions.items()}
"""Questions that the page knows in every language; a study may also ask one of its own, in its own words."""

__all__ = ["AB", "ACR", "LANGUAGES", "METHODS", "QUESTIONS", "Condition", "Method", "method_named"]


def method_named(name: str) -> Method:
    """A question type by its name.

    Raises:
        RatingsError: there is none of that name.
    """
    if found := METHODS.get(name):
        return found
    raise RatingsError(f"method is {name!r}; it must be {' or '.join(METHODS)}.")
