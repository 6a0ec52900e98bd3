import pytest
from hypothesis import given
from hypothesis import strategies as st

from resus_doc.errors import UsageError
from resus_doc.tools.clock import clock, parse_signed_time


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("-75", -75.0), ("-1:15", -75.0), ("2:10", 130.0), ("12.5", 12.5), ("130 s", 130.0), ("+3", 3.0), ("-0:05", -5.0)],
)
def test_times_as_people_write_them(text, seconds):
    assert parse_signed_time(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "1:75", "1:2:3", "--5", "5 minutes", "nan", "1e3"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(UsageError, match="is not a time"):
        parse_signed_time(text)


@given(st.integers(-7200, 7200))
def test_clock_and_back(seconds):
    assert parse_signed_time(clock(seconds)) == seconds


def test_a_fraction_that_rounds_to_zero_has_no_sign():
    assert clock(-0.4) == "0:00"
