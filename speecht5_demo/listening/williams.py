"""Williams squares: every condition stands at every place, and follows every other, equally often.

What was heard just before colours what is heard now. With these rows (Williams 1949) that carry-over, and
getting tired, fall on all conditions alike.
"""


def williams_rows(conditions: int) -> list[list[int]]:
    """`conditions` rows for an even number of conditions, twice as many for an odd one."""
    first = [0]
    low, high = 1, conditions - 1
    while len(first) < conditions:
        first.append(low if len(first) % 2 else high)
        if len(first) % 2:
            high -= 1
        else:
            low += 1
    rows = [[(place + shift) % conditions for place in first] for shift in range(conditions)]
    return rows if conditions % 2 == 0 else rows + [row[::-1] for row in rows]
