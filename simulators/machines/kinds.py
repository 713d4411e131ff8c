"""The four kinds of machine as data: their programs, what they measure, how they are held up, what fails.

Times are seconds at ordinary pace; units are UCUM. Names of programs, alarms and texts are made up in the manner
of Japanese job shops.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """A stretch of a program: block label, bend, tool or weld, and how long it takes."""

    label: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Program:
    """A program with its comment and its steps in order."""

    number: str
    comment: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Measure:
    """A number read about once a second: its level at rest and at work, how restless and how lazy it is."""

    signal: str
    unit: str
    at_rest: float
    at_work: float
    jitter: float
    follow: float = 0.4
    digits: int = 1


@dataclass(frozen=True, slots=True)
class Alarm:
    """A fault stops the machine, a warning does not."""

    level: str
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Kind:
    """All that makes one kind of machine different from another."""

    title: str
    maker: str
    model: str
    programs: tuple[Program, ...]
    measures: tuple[Measure, ...]
    alarms: tuple[Alarm, ...]
    holds: tuple[str, ...]
    """Execution words while a program waits."""
    hold_odds: float
    hold_s: tuple[float, float]
    prepares_by: str
    """What a person does before a lot: `setup` or `manual`."""
    prepare_s: tuple[float, float]
    load_s: tuple[float, float]
    lot: tuple[int, int]
    chain_odds: float = 0.0
    """How often the next program follows with no pause at all."""
    override: bool = True


def _steps(labels: str, *seconds: float) -> tuple[Step, ...]:
    return tuple(Step(label, s) for label, s in zip(labels.split(), seconds, strict=True))


LASER = Kind(
    title="ファイバーレーザー加工機",
    maker="青空機械",
    model="FL-3015",
    programs=(
        Program("N1043", "ブラケットA SPCC 1.6t 12枚取り", _steps("10 20 30 40", 70, 95, 95, 40)),
        Program("N1051", "側板 SUS304 2.0t 4枚取り", _steps("10 20 30", 120, 160, 90)),
        Program("N1060", "カバー SECC 1.2t 20枚取り", _steps("10 20 30 40 50", 45, 60, 60, 60, 30)),
        Program("N2007", "ベースプレート SS400 6.0t", _steps("10 20", 210, 260)),
    ),
    measures=(
        Measure("laser_power", "W", 0, 2800, 55, digits=0),
        Measure("feed", "mm/min", 0, 5200, 240, digits=0),
        Measure("gas_pressure", "bar", 0.3, 12.5, 0.15, digits=2),
        Measure("chiller_temperature", "Cel", 22.0, 26.5, 0.08, follow=0.01, digits=2),
    ),
    alarms=(
        Alarm("fault", "L204", "アシストガス圧力低下"),
        Alarm("fault", "L310", "ノズル接触 倣いエラー"),
        Alarm("warning", "L118", "集塵機フィルター目詰まり"),
    ),
    holds=("FEED_HOLD", "INTERRUPTED"),
    hold_odds=0.05,
    hold_s=(15, 80),
    prepares_by="setup",
    prepare_s=(180, 420),
    load_s=(25, 70),
    lot=(4, 10),
)

PRESS_BRAKE = Kind(
    title="プレスブレーキ",
    maker="青空機械",
    model="PB-1003",
    programs=(
        Program("B-2207", "ブラケットA 曲げ4工程", _steps("1 2 3 4", 35, 35, 45, 40)),
        Program("B-2215", "側板 曲げ2工程", _steps("1 2", 70, 80)),
        Program("B-2231", "カバー 曲げ6工程", _steps("1 2 3 4 5 6", 30, 30, 30, 35, 35, 40)),
    ),
    measures=(
        Measure("pressure", "bar", 8, 165, 12, digits=0),
        Measure("oil_temperature", "Cel", 31.0, 44.0, 0.1, follow=0.008, digits=1),
    ),
    alarms=(
        Alarm("fault", "P051", "光線式安全装置 遮光"),
        Alarm("fault", "P112", "バックゲージ位置偏差過大"),
        Alarm("warning", "P140", "作動油温度 上昇"),
    ),
    holds=("WAIT", "INTERRUPTED", "PROGRAM_STOPPED"),
    hold_odds=0.3,
    hold_s=(8, 40),
    prepares_by="manual",
    prepare_s=(240, 600),
    load_s=(15, 50),
    lot=(6, 16),
    override=False,
)

MACHINING_CENTRE = Kind(
    title="立形マシニングセンタ",
    maker="山手精機",
    model="VM-5",
    programs=(
        Program("O1201", "軸受ハウジング 第1工程", _steps("1 3 5 12", 110, 160, 90, 60)),
        Program("O1202", "軸受ハウジング 第2工程", _steps("1 4 7", 90, 130, 75)),
        Program("O1315", "治具プレート", _steps("2 6 8 9 11", 70, 85, 60, 60, 45)),
    ),
    measures=(
        Measure("spindle_load", "%", 0, 42, 7),
        Measure("spindle_speed", "1/min", 0, 6000, 40, digits=0),
        Measure("feed", "mm/min", 0, 1400, 180, digits=0),
        Measure("spindle_temperature", "Cel", 24.0, 38.0, 0.08, follow=0.006, digits=2),
    ),
    alarms=(
        Alarm("fault", "EX1023", "主軸オーバーロード"),
        Alarm("fault", "EX1107", "工具折損検出"),
        Alarm("warning", "EX2004", "切削油レベル低下"),
    ),
    holds=("FEED_HOLD", "OPTIONAL_STOP", "PROGRAM_OPTIONAL_STOP", "INTERRUPTED"),
    hold_odds=0.08,
    hold_s=(20, 120),
    prepares_by="setup",
    prepare_s=(300, 900),
    load_s=(30, 90),
    lot=(3, 9),
)

WELDING_ROBOT = Kind(
    title="溶接ロボット",
    maker="瀬戸ロボット",
    model="WR-6L",
    programs=(
        Program("JOB-031", "フレーム左 治具A", _steps("W1 W2 W3 W4", 55, 60, 50, 45)),
        Program("JOB-032", "フレーム右 治具B", _steps("W1 W2 W3 W4", 55, 62, 50, 48)),
        Program("JOB-040", "ブラケット 点付け", _steps("S1 S2 S3", 40, 40, 45)),
    ),
    measures=(
        Measure("current", "A", 0, 185, 9),
        Measure("voltage", "V", 0, 21.5, 0.6, digits=2),
        Measure("wire_feed", "m/min", 0, 6.4, 0.3, digits=2),
        Measure("torch_temperature", "Cel", 25.0, 71.0, 0.5, follow=0.03),
    ),
    alarms=(
        Alarm("fault", "R4107", "アーク切れ"),
        Alarm("fault", "R1020", "ワイヤ溶着"),
        Alarm("warning", "R2210", "チップ交換時期"),
    ),
    holds=("INTERRUPTED", "WAIT"),
    hold_odds=0.06,
    hold_s=(10, 60),
    prepares_by="manual",
    prepare_s=(240, 700),
    load_s=(25, 60),
    lot=(4, 12),
    chain_odds=0.25,
)

KINDS = {
    "laser": LASER,
    "press-brake": PRESS_BRAKE,
    "machining-centre": MACHINING_CENTRE,
    "welding-robot": WELDING_ROBOT,
}
