"""The relations of an MSGraph, in one table: how a centre stands to the neighbour that it listens to (paper, 4.1).

A relation is named from the centre: "out" means that the centre comes directly before the neighbour, "in" directly
after, "both" both; "match" joins nodes of different types that belong to one item.

>>> NUMBERED[OUT], RELATIONS.index("out")
('out', 1)
"""

RELATIONS = ("self", "out", "in", "both", "match")  # an edge of a record holds an index of these
NUMBERED = ("none", *RELATIONS)  # a dense block holds an index of these, 0 where there is no edge
NONE, SELF, OUT, IN, BOTH, MATCH = range(len(NUMBERED))
HOMOGENEOUS = ("self", "out", "in", "both")  # between nodes of one type
HETEROGENEOUS = ("self", "match")  # between nodes of different types
