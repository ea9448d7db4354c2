"""The report of a run: a table for each ranking, the headline first, what is not known said in words."""

from fixtures import sample_history, sample_metrics, sample_trace

from mmsr_lite.views.report import save_report


def written(tmp_path, metrics) -> str:
    save_report(tmp_path / "report.html", [sample_trace(3)], sample_history(), metrics)
    return (tmp_path / "report.html").read_text(encoding="utf-8")


def with_both(headline: str) -> dict:
    metrics = sample_metrics() | {"headline": headline}
    for row in (metrics["test"], *metrics["counting"].values()):
        row |= {f"masked {name}": value + 1 for name, value in row.items()}
    return metrics


def captions(text: str) -> list[str]:
    return [part.split("</caption>")[0] for part in text.split("<caption>")[1:3]]


def test_the_headline_stands_first_and_the_other_ranking_beside_it(tmp_path):
    words = ["Test, percent: own items masked", "Test, percent: all items"]
    assert captions(written(tmp_path, with_both("masked"))) == words
    text = written(tmp_path, with_both("all"))
    assert captions(text) == words[::-1]
    assert "<span>41.20</span>" in text and "<span>42.20</span>" in text
    assert "The best reachable is known of the ranking of all items alone." in text
    assert text.count('<th scope="row">best reachable</th>') == 1


def test_targets_of_the_same_time_stand_apart_where_times_tie(tmp_path):
    groups = {"later": {"HR@5": 4.25}, "same time": {"HR@5": 12.5}}
    found = {"targets": {"every": 9, "later": 6, "same time": 3}, "own_targets": 0.25, "all": groups, "masked": groups}
    text = written(tmp_path, with_both("masked") | {"rankings": {"model": found}})
    assert "0.25 % of the test targets lie in their own history, so own items masked stands first." in text
    assert text.count("MMSR, adaptive, later targets (6)") == 2 == text.count("<span>4.25</span>")
    assert "MMSR, adaptive, same time targets (3)" in text and "<span>12.50</span>" in text


def test_a_run_of_an_older_version_says_that_it_has_all_items_alone(tmp_path):
    text = written(tmp_path, sample_metrics())
    assert captions(text)[0] == "Test, percent: all items" and "own items masked" not in text
    assert "ranked by an older version, which had the ranking of all items alone." in text


def test_more_tables_stand_before_the_metrics(tmp_path):
    place = tmp_path / "report.html"
    rows = {"the gate <b>": {"users of pick": 61.25}, "late alone": {"users of pick": 20.5}}
    save_report(place, [sample_trace(3)], sample_history(), sample_metrics(), {"On purchases": rows})
    text = place.read_text(encoding="utf-8")
    assert captions(text)[0] == "On purchases"
    assert "<span>61.25</span>" in text and "<span>20.50</span>" in text
    assert "the gate &lt;b&gt;" in text
