"""The relations of an MSGraph: how a centre stands to the neighbour that it attends to (paper, section 4.1).

A relation is named from the centre. "out": the centre comes directly before the neighbour; "in": directly after it;
"both": both occur; "match": the two nodes have different types and belong to one item; "self": they are one node.

>>> NUMBERED[OUT], RELATIONS.index("out")
('out', 1)
"""

RELATIONS = ("self", "out", "in", "both", "match")  # an edge of a record holds an index of these
NUMBERED = ("none", *RELATIONS)  # a dense block holds an index of these, 0 where there is no edge
NONE, SELF, OUT, IN, BOTH, MATCH = range(len(NUMBERED))
HOMOGENEOUS = ("self", "out", "in", "both")  # between nodes of one type
HETEROGENEOUS = ("self", "match")  # between nodes of different types
