"""Sets of words, written the way one reads them: in a line, not in quotes."""


def words(*lines: str) -> frozenset[str]:
    """The words of some lines: ``words("in on", "at")``."""
    return frozenset(word for line in lines for word in line.split())
