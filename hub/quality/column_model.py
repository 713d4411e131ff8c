"""The fields of characteristics and gauges as forms show them: what they are called and how they are read. Pure."""

from typing import Final

from hub.sheets.columns import Column
from hub.sheets.values import day, key, number, text, whole

_MOST: Final = 1e12
_VALUE: Final = number({}, least=-_MOST, most=_MOST)

CHARACTERISTIC: Final = (
    Column(key="item", en="Item", ja="品目", read=key, required=True),
    Column(key="operation", en="Operation", ja="工程", read=key, required=True),
    Column(key="name", en="Name", ja="名称", read=text),
    Column(key="characteristic", en="Key (made if empty)", ja="特性番号（空欄なら自動）", read=key),
    Column(key="nominal", en="Nominal", ja="基準値", read=_VALUE),
    Column(key="lower", en="Lower limit", ja="規格下限", read=_VALUE),
    Column(key="upper", en="Upper limit", ja="規格上限", read=_VALUE),
    Column(key="unit", en="Unit", ja="単位", read=key),
    Column(key="gauge", en="Gauge", ja="測定器", read=key),
    Column(key="every", en="Every n-th piece", ja="n 個ごと", read=whole({}, least=1)),
    Column(key="subgroup", en="Values in one point", ja="1 点の個数", read=whole({}, least=1)),
    Column(key="process", en="Process (for short runs)", ja="加工の種類（短いロット用）", read=text),
    Column(key="sigma", en="Known sigma (for Z)", ja="既知の標準偏差（Z 用）", read=number({}, above=True, most=_MOST)),
)
GAUGE: Final = (
    Column(key="gauge", en="Gauge", ja="測定器番号", read=key, required=True),
    Column(key="name", en="Name", ja="名称", read=text),
    Column(key="site", en="Site", ja="拠点", read=key),
    Column(key="calibrated_on", en="Calibrated on", ja="校正日", read=day),
    Column(key="due_on", en="Due on", ja="有効期限", read=day),
)
