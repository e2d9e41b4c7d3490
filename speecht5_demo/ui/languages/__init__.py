"""The languages of the pages: English, which stands in the code, and one file of texts for each of the others.

A page is served in the language that its address names (`?lang=de`), else in the first of the browser's that there is.
The server puts it into the page before it is sent; the page then asks the server for everything else in that language.
"""

from speecht5_demo.ui.languages.catalog import IN_ENGLISH, Catalog, catalogs, of_tag
from speecht5_demo.ui.languages.choice import LANGUAGE, chosen, language_of, spoken_to
from speecht5_demo.ui.languages.menu import language_menu

__all__ = [
    "IN_ENGLISH",
    "LANGUAGE",
    "Catalog",
    "catalogs",
    "chosen",
    "language_menu",
    "language_of",
    "of_tag",
    "spoken_to",
]
