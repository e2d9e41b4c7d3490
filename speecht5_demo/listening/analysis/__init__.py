"""From ratings to verdicts.

table = read_ratings([folder])
analysis = analyse(table, Settings(margin=0.2))
"""

from speecht5_demo.listening.analysis.analysis import Analysis, Settings, View, analyse
from speecht5_demo.listening.analysis.as_json import as_json
from speecht5_demo.listening.analysis.cleaning import COLUMNS as NEEDED_COLUMNS
from speecht5_demo.listening.analysis.power import chance_of_not_worse
from speecht5_demo.listening.analysis.simulated import simulated_sessions

__all__ = [
    "NEEDED_COLUMNS",
    "Analysis",
    "Settings",
    "View",
    "analyse",
    "as_json",
    "chance_of_not_worse",
    "simulated_sessions",
]
