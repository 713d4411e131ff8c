"""What a cell means, however it was typed; and what is refused, in which words."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from hub.sheets.fault import Refused
from hub.sheets.values import COUNTS, MILLIMETRES, SECONDS, day, flag, key, number, text, whole

count = whole(COUNTS, least=1)
length = number(MILLIMETRES, above=True)
seconds = number(SECONDS)


@pytest.mark.parametrize(
    ("read", "typed", "meant"),
    [
        (count, "３枚", 3), (count, " 12 個 ", 12), (count, 3.0, 3), (count, "¥1,200", 1200), (count, "1,200pcs", 1200),
        (count, "1e3", 1000), (count, "", None), (count, None, None),
        (length, "1.2mm", 1.2), (length, "１．６ ㎜", 1.6), (length, "2cm", 20.0), (length, ".5", 0.5),
        (length, 1.2, 1.2),
        (seconds, "5分", 300.0), (seconds, "1.5h", 5400.0), (seconds, "0:05:30", 330.0), (seconds, "42.5", 42.5),
        (seconds, time(0, 5, 30), 330.0), (seconds, timedelta(hours=26), 93600.0), (seconds, "0.1分", 6.0),
        (day, "2026/4/1", "2026-04-01"), (day, "２０２６年４月１日", "2026-04-01"), (day, "R8.4.1", "2026-04-01"),
        (day, "令和元年5月1日", "2019-05-01"), (day, 46113.0, "2026-04-01"), (day, "46113", "2026-04-01"),
        (day, "20260401", "2026-04-01"), (day, "2026-04-01 00:00:00", "2026-04-01"),
        (day, date(2026, 4, 1), "2026-04-01"),
        (day, datetime(2026, 4, 1, 12, tzinfo=UTC), "2026-04-01"), (day, "  ", None),
        (key, "ＰＮ－１００１", "PN-1001"), (key, 1001.0, "1001"), (key, 10.5, "10.5"), (key, "\u200bA\u00a0", "A"),
        (text, " 右側\nブラケット ", "右側 ブラケット"), (text, "㈱例示", "㈱例示"),
        (flag, "はい", True), (flag, "×", False), (flag, 1.0, True), (flag, "", None), (flag, False, False),
    ],
)  # fmt: skip
def test_what_is_meant(read, typed, meant) -> None:
    assert read(typed, 1.0) == meant


def test_a_number_without_a_unit_is_in_that_of_its_heading() -> None:
    assert seconds("5", 60.0) == 300.0
    assert seconds("5秒", 60.0) == 5.0
    assert seconds(0.1, 60.0) == 6.0


@pytest.mark.parametrize(
    ("read", "typed", "en", "ja"),
    [
        (count, "0", "0 is too little; at least 1 is needed", "0 は小さすぎます。1 以上にしてください"),
        (count, "−3", "-3 is too little; at least 1 is needed", "-3 は小さすぎます。1 以上にしてください"),
        (count, "3.5", "3.5 is not a whole number", "3.5 は整数ではありません"),
        (count, "約10", "'約10' is no number", "「約10」は数ではありません"),
        (count, "1,2", "'1,2' is no number", "「1,2」は数ではありません"),
        (count, True, "'True' is no number", "「True」は数ではありません"),
        (count, float("nan"), "'nan' is no number", "「nan」は数ではありません"),
        (count, "9" * 400, f"'{'9' * 40}…' is no number", f"「{'9' * 40}…」は数ではありません"),
        (length, "0", "0 is too little; more than 0 is needed", "0 は小さすぎます。0 より大きい値にしてください"),
        (length, "1/16\"", "'1/16\"' is no number", "「1/16\"」は数ではありません"),
        (length, "2 inch",
         "'2 inch': the unit 'inch' is not known here (known: mm, ミリ, cm, m); write the number alone",
         "「2 inch」：単位「inch」はここでは使えません（使える単位：mm, ミリ, cm, m）。数だけを書いてください"),
        (seconds, "5:30", "'5:30' is no number", "「5:30」は数ではありません"),
        (day, "4/1", "'4/1' is no day; write it like 2026-04-01",
         "「4/1」は日付として読めません。2026-04-01 のように年から書いてください"),
        (day, "04/01/2026", "'04/01/2026' is no day; write it like 2026-04-01",
         "「04/01/2026」は日付として読めません。2026-04-01 のように年から書いてください"),
        (day, "2026-02-30", "'2026-02-30' is no day; write it like 2026-04-01",
         "「2026-02-30」は日付として読めません。2026-04-01 のように年から書いてください"),
        (day, 12.0, "'12' is no day; write it like 2026-04-01",
         "「12」は日付として読めません。2026-04-01 のように年から書いてください"),
        (day, "1999/12/31", "1999-12-31 is not between 2000-01-01 and 2099-12-31",
         "1999-12-31 は 2000-01-01〜2099-12-31 の範囲にありません"),
        (key, date(2026, 1, 2),
         "2026-01-02 was turned into a date or time; format the column as text and type it again",
         "2026-01-02 は日付や時刻に変換されています。列を文字列にして入力し直してください"),
        (key, 12345678901234567.0,
         "12345678901234568 has more digits than a spreadsheet keeps; format the column as text and type it again",
         "12345678901234568 は桁数が多く、表計算ソフトで末尾が失われています。列を文字列にして入力し直してください"),
        (key, "a\x07b", "'a\\x07b' holds characters that cannot be printed; type it again",
         "「a\x07b」に印字できない文字があります。入力し直してください"),
        (flag, "maybe", "'maybe' is neither yes nor no", "「maybe」は はい／いいえ のどちらでもありません"),
    ],
)  # fmt: skip
def test_what_is_refused(read, typed, en: str, ja: str) -> None:
    with pytest.raises(Refused) as refused:
        read(typed, 1.0)
    assert (refused.value.message, refused.value.ja) == (en, ja)
