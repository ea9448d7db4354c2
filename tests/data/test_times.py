"""Times in every form that people have them in."""

import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmsr_lite.data.reading import Account
from mmsr_lite.data.sources.times import finer_than_a_day, seconds
from mmsr_lite.errors import MMSRError

DAY = 86_400
NOON = 1_577_880_000  # 2020-01-01 12:00:00 UTC = 18,262 days and a half


def test_the_day_that_the_others_are_measured_by():
    assert NOON == 18_262 * DAY + DAY // 2
    assert datetime.datetime(2020, 1, 1, 12, tzinfo=datetime.UTC).timestamp() == NOON


FORMS = {
    "seconds": [NOON],
    "a string": [str(NOON)],
    "with a fraction": [f"{NOON}.0"],
    "BigQuery": ["2020-01-01 12:00:00 UTC"],
    "BigQuery with a fraction": ["2020-01-01 12:00:00.000 UTC"],
    "ISO with T and Z": ["2020-01-01T12:00:00Z"],
    "a zone": ["2020-01-01 13:00:00+01:00"],
    "no zone": ["2020-01-01 12:00:00"],
    "minutes": ["2020-01-01 12:00"],
    "a datetime": [datetime.datetime(2020, 1, 1, 12)],
    "blanks around": [" 2020-01-01 12:00:00 UTC "],
    "milliseconds": [NOON * 1000],
    "microseconds": [NOON * 10**6],
    "nanoseconds": [NOON * 10**9],
    "milliseconds in words": [str(NOON * 1000)],
}


@pytest.mark.parametrize("values", FORMS.values(), ids=FORMS)
def test_noon_is_noon_in_every_form(values):
    assert seconds(pd.Series(values), "'x'", Account()).tolist() == [NOON]


def test_days_in_eight_digits_are_days_and_told():
    reading = Account()
    assert seconds(pd.Series([20200101, 20200102]), "'x'", reading).tolist() == [18_262 * DAY, 18_263 * DAY]
    assert reading.notes == ["The timestamps, such as 20200101, are read as days in the form YYYYMMDD."]
    assert seconds(pd.Series([20201399, 20200102]), "'x'", Account()).tolist() == [20201399, 20200102]  # no month 13


@pytest.mark.parametrize(("factor", "unit"), [(1000, "milliseconds"), (10**6, "microseconds"), (10**9, "nanoseconds")])
def test_a_finer_unit_is_told(factor, unit):
    reading = Account()
    seconds(pd.Series([NOON * factor]), "'x'", reading)
    assert reading.notes == [f"The timestamps, such as {NOON * factor}, are read as {unit}."]


def test_positions_in_a_history_and_negative_times_stay_what_they_are():
    assert seconds(pd.Series([0, 1, 2]), "'x'", Account()).tolist() == [0, 1, 2]
    assert seconds(pd.Series([-5.5, 1.25]), "'x'", Account()).tolist() == [-5.5, 1.25]


BAD = {
    "a date that stands for none": (["9999-12-31", "2020-01-01"], "'9999-12-31' in row 1 "),
    "one before Unix and films": (["0001-01-01", "2020-01-01"], "'0001-01-01' in row 1"),
    "a word": (["2020-01-01", "soon"], "'soon' in row 2"),
    "a day and a month": (["01/02/2020"], "'01/02/2020' in row 1"),
    "nothing": (["2020-01-01", ""], "'' in row 2"),
    "None": (["2020-01-01", None], "<NA>, an empty cell, in row 2"),
    "infinity": ([1.0, float("inf")], "inf in row 2"),
    "a number among dates": (["2020-01-01", "7"], "'2020-01-01' in row 1"),
    "true": ([True, False], "timestamp is true or false"),
    "a list": ([[1], [2]], r"\[1\] in row 1"),
    "a record": ([{"a": 1}], "in row 1"),
    "digits without end": (["9" * 5000], "in row 1"),
}


@pytest.mark.parametrize(("values", "says"), BAD.values(), ids=BAD)
def test_what_is_no_time_is_told_with_its_row(values, says):
    with pytest.raises(MMSRError, match=says):
        seconds(pd.Series(values), "'x'", Account())


@pytest.mark.parametrize(
    ("times", "finer"),
    [
        ([0, DAY, 7 * DAY], False),
        ([8 * 3600, DAY + 8 * 3600], False),  # midnights of another zone
        ([8 * 3600, DAY + 7 * 3600], False),  # and of its summer
        ([8 * 3600, 9 * 3600, 10 * 3600], True),
        ([5, DAY + 5], True),
        ([0, 1, 2], True),
    ],
)
def test_days_are_told_from_finer_times(times, finer):
    assert finer_than_a_day(np.array(times)) is finer


@given(
    st.lists(st.one_of(st.integers(), st.floats(), st.text(max_size=9), st.none(), st.dates()), min_size=1, max_size=4)
)
def test_any_column_gives_finite_seconds_or_one_sentence(values):
    try:
        found = seconds(pd.Series(values, dtype=object), "'x'", Account())
    except MMSRError as error:
        assert "\n" not in str(error)
    else:
        assert len(found) == len(values) and np.isfinite(found).all()
