"""The fields of items, routings, nests, orders, operators: what they are called, how they are read, bounded. Pure.

One home for three doors: a form's field, a request's value and a spreadsheet's cell are read by the same `Column`, so
they take the same and refuse the same in the same words. Durations are kept in seconds, lengths in millimetres,
areas in square millimetres, masses in kilograms.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias, get_args

from contract.keys import split_machine_key
from hub.sheets.columns import Column
from hub.sheets.fault import Refused
from hub.sheets.values import (
    COUNTS,
    KILOGRAMS,
    MILLIMETRES,
    SECONDS,
    SQUARE_MILLIMETRES,
    Value,
    day,
    flag,
    key,
    number,
    plain,
    shown,
    text,
    whole,
)

Kind: TypeAlias = Literal["orders", "items", "routings", "nests", "operators"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
MOST_STEPS: Final = 200
MOST_LINES: Final = 1000


def machine(value: Value, _factor: float = 1.0) -> str | None:
    """A machine's key ``site/machine``."""
    found = key(value)
    if found is None:
        return None
    try:
        split_machine_key(found)
    except ValueError:
        raise Refused(
            f"{shown(found)!r} is no machine; write site/machine, for example main/laser-1",
            f"「{shown(found)}」は機械の名前ではありません。main/laser-1 のように 拠点/機械 で書いてください",
        ) from None
    return found


def priority(value: Value, factor: float = 1.0) -> int | None:
    """1 (most urgent) to 5, or the words for it."""
    if isinstance(value, str) and (found := _PRIORITIES.get(plain(value).lower())):
        return found
    return whole({}, least=1, most=5)(value, factor)


_PRIORITIES: Final = {
    "特急": 1, "至急": 1, "urgent": 1, "急ぎ": 2, "high": 2, "高": 2, "通常": 3, "普通": 3, "normal": 3, "中": 3,
    "low": 4, "低": 4,
}  # fmt: skip

_item = Column(
    key="item", en="Item", ja="品番", read=key, required=True,
    synonyms=(
        "item no", "item number", "part", "part no", "part number", "品目", "品目番号", "品目コード", "部品番号",
        "図番", "製品番号",
    ),
)  # fmt: skip
_revision = Column(
    key="revision", en="Revision", ja="版", read=key,
    synonyms=(
        "rev", "改訂", "図面改訂", "リビジョン",
    ),
)  # fmt: skip
_customer = Column(
    key="customer", en="Customer", ja="得意先", read=text, synonyms=("client", "顧客", "取引先", "客先", "お客様")
)
_note = Column(
    key="note", en="Note", ja="備考", read=text, synonyms=("notes", "remark", "remarks", "comment", "注記", "メモ")
)
_quantity = Column(
    key="quantity", en="Quantity", ja="数量", read=whole(COUNTS, least=1), required=True,
    synonyms=("qty", "個数", "受注数", "注文数", "注文数量", "製造数", "員数", "取り数", "枚数"),
)  # fmt: skip
_operation = Column(
    key="operation", en="Operation", ja="工程番号", read=key, required=True,
    synonyms=("op", "op no", "operation no", "operation number", "工程no", "工程順", "工順"),
)  # fmt: skip
_order = Column(
    key="order", en="Order", ja="注番", read=key, required=True,
    synonyms=(
        "order no", "order number", "work order", "job", "job no", "製番", "製造番号", "受注番号", "注文番号",
        "オーダー", "指図番号",
    ),
)  # fmt: skip
_machine = Column(
    key="machine", en="Machine", ja="機械", read=machine, synonyms=("設備", "号機", "machine id", "設備名")
)
_site = Column(key="site", en="Site", ja="拠点", read=key, synonyms=("工場", "plant", "事業所", "location"))

ITEM: Final = (
    _item,
    Column(
        key="name",
        en="Name",
        ja="品名",
        read=text,
        synonyms=(
            "description",
            "item name",
            "part name",
            "名称",
            "製品名",
        ),
    ),
    _revision,
    Column(key="material", en="Material", ja="材質", read=text, synonyms=("材料", "素材", "grade", "鋼種")),
    Column(
        key="thickness_mm",
        en="Thickness (mm)",
        ja="板厚(mm)",
        read=number(MILLIMETRES, above=True, most=10_000),
        units=MILLIMETRES,
        synonyms=("thickness", "t", "厚さ", "厚み", "thickness mm"),
    ),
    Column(
        key="mass_kg",
        en="Mass (kg)",
        ja="質量(kg)",
        read=number(KILOGRAMS, above=True, most=1_000_000),
        units=KILOGRAMS,
        synonyms=("weight", "重量", "単重", "重さ", "mass kg", "weight kg"),
    ),
    _customer,
    Column(key="unit", en="Unit", ja="単位", read=key, synonyms=("uom", "数量単位")),
)


def _seconds(name: str, en: str, ja: str, *synonyms: str) -> Column:
    return Column(
        key=name, en=f"{en} (s)", ja=f"{ja}(秒)", read=number(SECONDS, most=10_000_000), units=SECONDS,
        synonyms=(name.removesuffix("_s"), *synonyms),
    )  # fmt: skip


STEP: Final = (
    _operation,
    Column(
        key="position",
        en="Position",
        ja="順番",
        read=whole({}, most=1_000_000),
        synonyms=(
            "sequence",
            "seq",
            "順序",
            "並び順",
        ),
    ),
    Column(
        key="process",
        en="Process",
        ja="工程",
        read=text,
        required=True,
        synonyms=("工程名", "作業", "作業名", "process name", "operation name", "加工"),
    ),
    _machine,
    Column(
        key="machine_class",
        en="Machine class",
        ja="機種",
        read=text,
        synonyms=(
            "machine type",
            "設備区分",
            "機械種別",
            "機械グループ",
        ),
    ),
    _site,
    _seconds("setup_s", "Setup", "段取り時間", "setup time", "段取", "段取り", "段取時間"),
    _seconds("cycle_s", "Cycle", "加工時間", "cycle time", "サイクルタイム", "ct", "サイクル", "標準時間", "単位時間"),
    _seconds("handwork_s", "Handwork", "手作業時間", "handwork time", "labour", "labor", "人時間", "手作業"),
    Column(
        key="bends",
        en="Bends",
        ja="曲げ数",
        read=whole(COUNTS, most=10_000),
        synonyms=(
            "bend count",
            "曲げ回数",
            "曲げ工数",
        ),
    ),
    _note,
)
ORDER: Final = (
    _order,
    _item,
    _quantity,
    Column(
        key="due",
        en="Due",
        ja="納期",
        read=day,
        synonyms=(
            "due date",
            "delivery",
            "delivery date",
            "納入日",
            "希望納期",
            "納品日",
            "出荷日",
        ),
    ),
    _customer,
    Column(
        key="customer_order",
        en="Customer order",
        ja="客先注番",
        read=key,
        synonyms=("po", "po no", "po number", "purchase order", "客先注文番号", "発注番号", "顧客注番", "得意先注番"),
    ),
    _revision,
    Column(key="priority", en="Priority", ja="優先度", read=priority, synonyms=("優先", "優先順位", "急ぎ")),
)
NEST_HEAD: Final = (
    Column(key="machine", en="Machine", ja="機械", read=machine, required=True, synonyms=_machine.synonyms),
    Column(
        key="program",
        en="Program",
        ja="プログラム",
        read=key,
        required=True,
        synonyms=(
            "program no",
            "nc",
            "nc program",
            "加工プログラム",
            "ネスト",
            "nest",
            "プログラム番号",
            "ncプログラム",
        ),
    ),
    Column(
        key="sheet_item",
        en="Sheet",
        ja="母材",
        read=key,
        synonyms=(
            "sheet item",
            "板",
            "定尺",
            "シート",
            "母材品番",
            "材料品番",
        ),
    ),
    Column(
        key="sheet_quantity",
        en="Sheets per run",
        ja="母材数",
        read=number(COUNTS, above=True, most=1e6),
        units=COUNTS,
        synonyms=("sheet quantity", "sheets", "板枚数", "シート枚数", "母材枚数"),
    ),
    Column(key="remnant", en="Remnant", ja="残材", read=text, synonyms=("offcut", "端材")),
)
NEST_LINE: Final = (
    _order,
    _operation,
    _quantity,
    Column(
        key="cut_mm", en="Cut length (mm)", ja="切断長(mm)", read=number(MILLIMETRES), units=MILLIMETRES,
        synonyms=("cut length", "cut", "切断長さ", "切断長"),
    ),
    Column(key="pierces", en="Pierces", ja="ピアス数", read=whole(COUNTS), synonyms=("pierce count", "ピアス")),
    Column(
        key="area_mm2", en="Area (mm2)", ja="面積(mm2)", read=number(SQUARE_MILLIMETRES, most=1e12),
        units=SQUARE_MILLIMETRES, synonyms=("area", "nested area", "面積"),
    ),
)  # fmt: skip
OPERATOR: Final = (
    Column(
        key="code",
        en="Code",
        ja="コード",
        read=key,
        required=True,
        synonyms=("operator", "operator code", "badge", "作業者コード", "社員番号", "担当者コード", "作業者番号"),
    ),
    Column(
        key="name",
        en="Name",
        ja="氏名",
        read=text,
        synonyms=(
            "operator name",
            "作業者",
            "作業者名",
            "名前",
            "担当者",
        ),
    ),
    _site,
    Column(key="active", en="Active", ja="在籍", read=flag, synonyms=("有効", "enabled", "状態")),
)
SHEETS: Final[Mapping[Kind, tuple[Column, ...]]] = {
    "orders": ORDER,
    "items": ITEM,
    "routings": (_item, *STEP),
    "nests": (*NEST_HEAD, *NEST_LINE),
    "operators": OPERATOR,
}
"""What a spreadsheet of each kind may have."""


def checked(columns: Sequence[Column], given: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The values of a form or a request as they are kept; Refused names the first field that cannot be taken."""
    values = {}
    for column in columns:
        if column.key not in given:
            continue
        name = prefix + column.key
        try:
            values[column.key] = column.read(given[column.key], 1.0)
        except Refused as refused:
            raise refused.at(name) from None
        if column.required and values[column.key] is None:
            raise Refused(f"{column.en} is missing", f"「{column.ja}」がありません", name)
    return values


def position_of(operation: str, position: int | None, index: int) -> int:
    """Where a step stands: as told, else by its number, else as it came (`index` from 0).

    >>> position_of("20", None, 0), position_of("A", None, 2), position_of("20", 1, 0)
    (20, 3, 1)
    """
    if position is not None:
        return position
    return int(operation) if operation.isdecimal() and len(operation) <= 6 else index + 1
