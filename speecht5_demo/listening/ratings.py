"""Where ratings go and where they come from.

writer = RatingsWriter(folder)
writer.append(row)                  # returns when the row is on the disk
table = read_ratings([folder])      # every file of every process, each rating once
"""

from speecht5_demo.listening.duplicates import ReadProblem
from speecht5_demo.listening.reading import RatingsTable, read_ratings
from speecht5_demo.listening.rows import RATING_COLUMNS, RatingRow
from speecht5_demo.listening.writing import RatingsWriter

__all__ = ["RATING_COLUMNS", "RatingRow", "RatingsTable", "RatingsWriter", "ReadProblem", "read_ratings"]
