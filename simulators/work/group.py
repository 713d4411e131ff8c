"""Who and what there is: three companies, their stations and people, what they make and out of what. Only data."""

from __future__ import annotations

from dataclasses import dataclass

SITE = "north"
DAY_S = 9 * 3600
"""From eight in the morning until five in the afternoon; people relieve each other, nobody stops at noon."""


@dataclass(frozen=True, slots=True)
class Station:
    """A place where one operation at a time is worked on; without a `machine` it is done by hand.

    `rule`: how a hub can know what the machine made: `nest`, `counter`, `signature`, or None where only people know.
    """

    process: str
    operator: str
    machine: str | None = None
    name: str | None = None
    rule: str | None = None
    blocks: tuple[str, ...] = ()

    @property
    def key(self) -> str | None:
        """The machine as site/machine."""
        return None if self.machine is None else f"{SITE}/{self.machine}"


@dataclass(frozen=True, slots=True)
class Gauge:
    """A dimension of an item at an operation: every n-th piece is measured; `sigma` is the process's own spread."""

    characteristic: str
    name: str
    operation: str
    nominal: float
    tolerance: float
    sigma: float
    every: int
    instrument: str
    unit: str = "mm"

    @property
    def limits(self) -> tuple[float, float]:
        """Lower and upper."""
        return round(self.nominal - self.tolerance, 6), round(self.nominal + self.tolerance, 6)


@dataclass(frozen=True, slots=True)
class Product:
    """An item, and how long a piece takes at each of the company's stations, in their order."""

    item: str
    name: str
    material: str
    thickness_mm: float | None
    mass_kg: float
    customer: str
    cycles_s: tuple[float, ...]
    gauge: Gauge


@dataclass(frozen=True, slots=True)
class Company:
    """One company: stations in the order in which every order of it passes them (operations 10, 20, …)."""

    slug: str
    stations: tuple[Station, ...]
    products: tuple[Product, ...]
    people: tuple[tuple[str, str], ...]
    lots: tuple[tuple[str, str, float, str], ...]
    """Material that lies there in the morning: lot, item, quantity, unit."""

    def operation(self, position: int) -> str:
        """The number of the operation at a station."""
        return str(10 * (position + 1))


AOBA = Company(
    "aoba",
    (
        Station("レーザー切断", "A01", "laser-1", "北レーザー", "nest", ("10", "20", "30")),
        Station("バリ取り", "A02"),
        Station("曲げ", "A03", "press-1", "北ベンダー", "counter", ("1", "2", "3")),
        Station("タップ", "A04"),
        Station("検査", "A05"),
    ),
    (
        Product(
            "AB-100", "ブラケットA", "SPCC", 1.6, 0.42, "東雲電機", (24.0, 14.0, 38.0, 16.0, 12.0),
            Gauge("AB-100-H", "曲げ高さ", "30", 42.0, 0.4, 0.08, 4, "HG-01"),
        ),
        Product(
            "AB-200", "側板", "SUS304", 2.0, 1.10, "東雲電機", (30.0, 18.0, 42.0, 15.0, 12.0),
            Gauge("AB-200-W", "曲げ幅", "30", 118.0, 0.5, 0.09, 4, "HG-01"),
        ),
        Product(
            "AB-300", "カバー", "SECC", 1.2, 0.77, "北辰機工", (26.0, 15.0, 36.0, 14.0, 12.0),
            Gauge("AB-300-H", "曲げ高さ", "30", 25.0, 0.4, 0.07, 4, "HG-02"),
        ),
    ),
    (("A01", "青木"), ("A02", "赤井"), ("A03", "浅野"), ("A04", "荒川"), ("A05", "有馬")),
    (
        ("COIL-A1", "SPCC-1.6", 400.0, "kg"),
        ("COIL-A2", "SPCC-1.6", 400.0, "kg"),
        ("COIL-A3", "SPCC-1.6", 400.0, "kg"),
    ),
)  # fmt: skip
MIDORI = Company(
    "midori",
    (
        Station("曲げ", "M01", "press-1", "北プレス", "counter", ("1", "2")),
        Station("溶接", "M02", "robot-1", "北溶接ロボット"),
        Station("仕上げ", "M03"),
        Station("塗装", "M04"),
        Station("検査", "M05"),
    ),
    (
        Product(
            "MF-010", "フレーム", "SPHC", 3.2, 2.40, "三笠産業", (34.0, 40.0, 22.0, 20.0, 12.0),
            Gauge("MF-010-L", "全長", "10", 300.0, 0.8, 0.15, 5, "NG-11"),
        ),
        Product(
            "MF-020", "取付座", "SPHC", 4.5, 1.30, "三笠産業", (32.0, 38.0, 20.0, 18.0, 12.0),
            Gauge("MF-020-P", "穴ピッチ", "10", 80.0, 0.3, 0.05, 5, "NG-12"),
        ),
    ),
    (("M01", "真壁"), ("M02", "三浦"), ("M03", "村井"), ("M04", "目黒"), ("M05", "森田")),
    (("SHEET-M1", "SPHC-3.2", 900.0, "kg"), ("SHEET-M2", "SPHC-3.2", 900.0, "kg")),
)  # fmt: skip
TAKUMI = Company(
    "takumi",
    (
        Station("切断", "T01"),
        Station("MC第1工程", "T02", "mc-1", "北マシニング1", "signature", ("1", "3", "5", "12")),
        Station("MC第2工程", "T03", "mc-2", "北マシニング2", "signature", ("2", "4", "7")),
        Station("洗浄", "T04"),
        Station("検査", "T05"),
    ),
    (
        Product(
            "TK-500", "軸受ハウジング", "S45C", None, 1.85, "南条精密", (20.0, 44.0, 38.0, 12.0, 12.0),
            Gauge("TK-500-D", "内径", "20", 52.0, 0.06, 0.01, 2, "BG-21"),
        ),
        Product(
            "TK-600", "治具プレート", "A5052", None, 0.95, "南条精密", (18.0, 42.0, 40.0, 12.0, 12.0),
            Gauge("TK-600-T", "厚さ", "20", 12.0, 0.05, 0.01, 5, "MM-22"),
        ),
    ),
    (("T01", "田所"), ("T02", "千葉"), ("T03", "津田"), ("T04", "寺島"), ("T05", "富樫")),
    (("BAR-T1", "S45C-80", 700.0, "kg"), ("BAR-T2", "S45C-80", 700.0, "kg")),
)  # fmt: skip
GROUP = (AOBA, MIDORI, TAKUMI)
DRIFTING = "TK-500-D"
"""The dimension whose tool wears out during the day."""
BAD_LOT = "COIL-A2"
"""The coil that its mill calls back in the evening."""
