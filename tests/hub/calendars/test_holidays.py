"""Public holidays against the Cabinet Office's own table.

Source: 内閣府「国民の祝日について」, the file ``syukujitsu.csv`` (1955 to 2027 as published in 2026), written out below
for 2000 to 2027: month, then its days.
"""

from datetime import date

import pytest

from hub.calendars.holiday_model import holiday, holidays

TABLE = """
2000 1:1,10 2:11 3:20 4:29 5:3,4,5 7:20 9:15,23 10:9 11:3,23 12:23
2001 1:1,8 2:11,12 3:20 4:29,30 5:3,4,5 7:20 9:15,23,24 10:8 11:3,23 12:23,24
2002 1:1,14 2:11 3:21 4:29 5:3,4,5,6 7:20 9:15,16,23 10:14 11:3,4,23 12:23
2003 1:1,13 2:11 3:21 4:29 5:3,5 7:21 9:15,23 10:13 11:3,23,24 12:23
2004 1:1,12 2:11 3:20 4:29 5:3,4,5 7:19 9:20,23 10:11 11:3,23 12:23
2005 1:1,10 2:11 3:20,21 4:29 5:3,4,5 7:18 9:19,23 10:10 11:3,23 12:23
2006 1:1,2,9 2:11 3:21 4:29 5:3,4,5 7:17 9:18,23 10:9 11:3,23 12:23
2007 1:1,8 2:11,12 3:21 4:29,30 5:3,4,5 7:16 9:17,23,24 10:8 11:3,23 12:23,24
2008 1:1,14 2:11 3:20 4:29 5:3,4,5,6 7:21 9:15,23 10:13 11:3,23,24 12:23
2009 1:1,12 2:11 3:20 4:29 5:3,4,5,6 7:20 9:21,22,23 10:12 11:3,23 12:23
2010 1:1,11 2:11 3:21,22 4:29 5:3,4,5 7:19 9:20,23 10:11 11:3,23 12:23
2011 1:1,10 2:11 3:21 4:29 5:3,4,5 7:18 9:19,23 10:10 11:3,23 12:23
2012 1:1,2,9 2:11 3:20 4:29,30 5:3,4,5 7:16 9:17,22 10:8 11:3,23 12:23,24
2013 1:1,14 2:11 3:20 4:29 5:3,4,5,6 7:15 9:16,23 10:14 11:3,4,23 12:23
2014 1:1,13 2:11 3:21 4:29 5:3,4,5,6 7:21 9:15,23 10:13 11:3,23,24 12:23
2015 1:1,12 2:11 3:21 4:29 5:3,4,5,6 7:20 9:21,22,23 10:12 11:3,23 12:23
2016 1:1,11 2:11 3:20,21 4:29 5:3,4,5 7:18 8:11 9:19,22 10:10 11:3,23 12:23
2017 1:1,2,9 2:11 3:20 4:29 5:3,4,5 7:17 8:11 9:18,23 10:9 11:3,23 12:23
2018 1:1,8 2:11,12 3:21 4:29,30 5:3,4,5 7:16 8:11 9:17,23,24 10:8 11:3,23 12:23,24
2019 1:1,14 2:11 3:21 4:29,30 5:1,2,3,4,5,6 7:15 8:11,12 9:16,23 10:14,22 11:3,4,23
2020 1:1,13 2:11,23,24 3:20 4:29 5:3,4,5,6 7:23,24 8:10 9:21,22 11:3,23
2021 1:1,11 2:11,23 3:20 4:29 5:3,4,5 7:22,23 8:8,9 9:20,23 11:3,23
2022 1:1,10 2:11,23 3:21 4:29 5:3,4,5 7:18 8:11 9:19,23 10:10 11:3,23
2023 1:1,2,9 2:11,23 3:21 4:29 5:3,4,5 7:17 8:11 9:18,23 10:9 11:3,23
2024 1:1,8 2:11,12,23 3:20 4:29 5:3,4,5,6 7:15 8:11,12 9:16,22,23 10:14 11:3,4,23
2025 1:1,13 2:11,23,24 3:20 4:29 5:3,4,5,6 7:21 8:11 9:15,23 10:13 11:3,23,24
2026 1:1,12 2:11,23 3:20 4:29 5:3,4,5,6 7:20 8:11 9:21,22,23 10:12 11:3,23
2027 1:1,11 2:11,23 3:21,22 4:29 5:3,4,5 7:19 8:11 9:20,23 10:11 11:3,23
"""


def days_of(line: str) -> list[date]:
    year, *months = line.split()
    pairs = (month.split(":") for month in months)
    return [date(int(year), int(month), int(day)) for month, days in pairs for day in days.split(",")]


@pytest.mark.parametrize("line", TABLE.strip().splitlines(), ids=lambda line: line[:4])
def test_a_year_is_as_the_cabinet_office_says(line: str) -> None:
    assert list(holidays(int(line[:4]))) == days_of(line)


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2000, 5, 4), "between"),
        (date(2006, 4, 29), "greenery"),
        (date(2007, 4, 29), "showa"),
        (date(2008, 5, 6), "substitute"),
        (date(2018, 12, 23), "emperor"),
        (date(2019, 4, 30), "between"),
        (date(2019, 5, 1), "accession"),
        (date(2019, 10, 14), "health_sports"),
        (date(2019, 10, 22), "enthronement"),
        (date(2019, 12, 23), None),
        (date(2020, 7, 24), "sports"),
        (date(2020, 8, 11), None),
        (date(2021, 8, 9), "substitute"),
        (date(2026, 9, 22), "between"),
        (date(1999, 1, 1), None),
        (date(2100, 1, 1), None),
    ],
)
def test_days_are_called_what_the_law_calls_them(day: date, name: str | None) -> None:
    assert holiday(day) == name


@pytest.mark.parametrize("year", [2028, 2029, 2030])
def test_years_to_come_follow_the_law_as_it_is(year: int) -> None:
    named = [key for key in holidays(year).values() if key not in ("substitute", "between")]
    assert len(named) == len(set(named)) == 16
    assert all(day.weekday() != 6 for day, key in holidays(year).items() if key in ("substitute", "between"))
