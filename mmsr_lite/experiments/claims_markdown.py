"""The claims of a data set as a table: the sentence, what it needs, our number, the verdict."""

from __future__ import annotations

import re
from html import escape

from mmsr_lite.experiments.claim_verdicts import HOLDS, UNTOLD, Answer, verdict_of
from mmsr_lite.experiments.claims import METRIC, Claim

SHOWN = 3  # comparisons of a claim that are shown; of more, those against it come first
HEADING = f"| | claim | would have to be true | our number, {METRIC}, difference with its 95 % interval | verdict |"


def claim_lines(answers: dict[Claim, list[Answer]]) -> list[str]:
    """The table of all claims with a comparison, and one line that lists the others.

    Args:
        answers: each claim with its comparisons, from `claim_verdicts.answer_claims`.

    Returns:
        Lines of Markdown.

    Example:
        >>> claim = Claim("1", "MMSR is ahead of counting.", "a higher HR@5", lambda stored: [])
        >>> claim_lines({claim: [Answer(pair=None, lacks="not run: comparison")]})
        ['', 'Cannot be told: 1 (not run).']
    """
    told = [claim for claim, some in answers.items() if any(answer.comparison for answer in some)]
    lines = [HEADING, "|---|---|---|---|---|"] if told else []
    for claim in told:
        cells = [claim.name, claim.sentence, claim.needs, _numbers(claim, answers[claim])]
        lines.append("| " + " | ".join([*cells, f"**{verdict_of(claim, answers[claim])}**"]) + " |")
    untold: dict[str, list[str]] = {}
    for claim in answers.keys() - set(told):
        reasons = {answer.lacks.split(":")[0] for answer in answers[claim]} or {"not run"}
        untold.setdefault(", ".join(sorted(reasons)), []).append(claim.name)
    if untold:
        order = {claim.name: place for place, claim in enumerate(answers)}
        some = (f"{', '.join(sorted(names, key=order.__getitem__))} ({why})" for why, names in sorted(untold.items()))
        lines += ["", f"Cannot be told: {'; '.join(some)}."]
    return lines


def _numbers(claim: Claim, answers: list[Answer]) -> str:
    """The results of the comparisons, in words."""
    against_it = sorted(answers, key=lambda one: (_order(one, claim), one.means[0] - one.means[1]))
    shown = "; ".join(map(_in_words, against_it[:SHOWN]))
    if len(answers) <= SHOWN:
        return shown
    holding = sum(answer.verdict(claim.margin) == HOLDS for answer in answers)
    return f"{holding} of {len(answers)} hold; {shown}; ..."


def _order(answer: Answer, claim: Claim) -> int:
    """The order of comparisons: those against the claim, open ones, those that hold, untested ones."""
    if answer.comparison is None:
        return 3
    return {HOLDS: 2, UNTOLD: 1}.get(answer.verdict(claim.margin), 0)


def _in_words(answer: Answer) -> str:
    one, other = in_page(answer.pair.one.label), in_page(answer.pair.other.label)
    if answer.comparison is None:
        return f"{one} and {other}: {in_page(answer.lacks)}"
    test, means = answer.comparison, answer.means
    numbers = f"{test.difference:+.2f} ({test.low:+.2f} to {test.high:+.2f})"
    p = "p < 0.001" if answer.holm < 0.001 else f"p = {answer.holm:.3f}"
    if answer.pair.damaged:
        return f"{one} loses {means[0]:.2f}, against {other} {means[1]:.2f}: {numbers}, {p}"
    share = f", {100 * (means[0] / means[1] - 1):+.1f} %" if means[1] else ""
    return f"{one} {means[0]:.2f}, against {other} {means[1]:.2f}: {numbers}{share}, {p}"


def in_page(label: str) -> str:
    """What the page calls a system, where tables and settings have two words for one control.

    Args:
        label: as `table.label_of` makes it.

    Returns:
        The label as Markdown shows it.

    Example:
        >>> in_page("gru4rec, early, mismatched"), in_page("mmsr, shuffled")
        ('gru4rec, early, shuffled codes', 'mmsr, shuffled codes')
    """
    return re.sub(r", (mismatched|shuffled)\b", ", shuffled codes", safe(label))


def safe(name: str) -> str:
    """Escape a text for a cell of a Markdown table.

    Args:
        name: any text.

    Returns:
        The text on one line.

    Example:
        >>> safe("a|b")
        'a&#124;b'
    """
    return escape(name, quote=False).replace("|", "&#124;")
