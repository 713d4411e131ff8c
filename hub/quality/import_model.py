"""The columns of a measuring machine's file, and the moments in it as people's clocks show them. Pure.

One row is one measurement. Moments are naive and local: whoever imports knows the zone.
"""

import re
from datetime import date, datetime
from typing import Final

from hub.sheets.columns import Column
from hub.sheets.fault import Refused
from hub.sheets.values import Value, flag, key, number, plain, shown

_MOMENT: Final = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[T\s]+(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d+)?)?", re.ASCII
)
MOST: Final = 1e12
_OK: Final = {"ok": True, "pass": True, "passed": True, "合格": True, "合": True, "良": True}
_NG: Final = {"ng": False, "fail": False, "failed": False, "不合格": False, "否": False, "不良": False}


def moment(value: Value, _factor: float = 1.0) -> datetime | None:
    """A day with a time of day, naive: a date cell, or a text like 2026-04-01 09:05:07."""
    match value:
        case None:
            return None
        case datetime():
            return value.replace(microsecond=0)
        case str():
            line = plain(value)
            if not line:
                return None
            found = _MOMENT.fullmatch(line)
            if found is not None:
                try:
                    return datetime(*(int(part or 0) for part in found.groups()))  # type: ignore[arg-type]  # noqa: DTZ001 - a clock on a wall; six parts
                except ValueError:
                    pass
        case date() | _:
            pass
    raise Refused(
        f"{shown(value)!r} is no moment; write it like 2026-04-01 09:05",
        f"「{shown(value)}」は日時として読めません。2026-04-01 09:05 のように書いてください",
    )


def passed(value: Value, factor: float = 1.0) -> bool | None:
    """OK or NG, as inspectors write it, or yes and no."""
    if isinstance(value, str):
        word = plain(value).lower()
        if word in _OK or word in _NG:
            return (_OK | _NG)[word]
    return flag(value, factor)


COLUMNS: Final = (
    Column(
        key="characteristic", en="characteristic", ja="特性", read=key, required=True,
        synonyms=("feature", "dimension", "特性番号", "測定項目", "項目", "寸法名", "管理項目"),
    ),
    Column(
        key="value", en="value", ja="測定値", read=number({}, least=-MOST, most=MOST),
        synonyms=("actual", "measured", "measurement", "result", "実測値", "値", "測定結果"),
    ),
    Column(key="passed", en="passed", ja="合否", read=passed, synonyms=("judgement", "judgment", "ok/ng", "判定")),
    Column(key="unit", en="unit", ja="単位", read=key),
    Column(key="at", en="at", ja="測定日時", read=moment, synonyms=("time", "date", "datetime", "日時", "測定日")),
    Column(key="order", en="order", ja="注文番号", read=key, synonyms=("order no", "製番", "受注番号", "オーダー")),
    Column(key="operation", en="operation", ja="工程", read=key, synonyms=("op", "工程番号")),
    Column(key="lot", en="lot", ja="ロット", read=key, synonyms=("lot no", "ロット番号")),
    Column(key="serial", en="serial", ja="シリアル", read=key, synonyms=("serial no", "製造番号", "シリアル番号")),
    Column(key="instrument", en="instrument", ja="測定器", read=key, synonyms=("gauge", "測定器番号", "計測器")),
    Column(key="operator", en="operator", ja="測定者", read=key, synonyms=("inspector", "検査員", "作業者")),
)  # fmt: skip
