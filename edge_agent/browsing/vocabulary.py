"""How machines call our signals, in English and Japanese, as data: names, words of states, units. Pure.

Add a name when you have seen it on a machine. English phrases are words in order, matched against a name taken apart
(`PartCount` → part count); Japanese ones are looked for as they stand. Longer phrases say more than shorter ones.
"""

from typing import Final

NAMES: Final[dict[str, tuple[str, ...]]] = {
    "execution": (
        "execution", "execution state", "execution status", "run state", "run status", "program state",
        "program status", "cycle state", "cycle status", "nc state", "nc status", "machine state", "machine status",
        "operation status", "operating state", "running", "in cycle", "auto run", "運転状態", "運転状況", "運転中",
        "自動運転", "加工中", "稼働状態", "稼働中", "運転", "稼働",
    ),
    "mode": (
        "mode", "controller mode", "control mode", "operating mode", "operation mode", "nc mode", "mode selection",
        "auto mode",
        "運転モード", "動作モード", "操作モード", "モード",
    ),
    "estop": ("estop", "e stop", "emergency stop", "emergency", "emg", "emg stop", "非常停止"),
    "power": ("power", "power on", "power state", "main power", "電源"),
    "availability": ("availability", "available", "avail", "online", "オンライン"),
    "functional_mode": ("functional mode",),
    "item_state": ("machinery item state", "item state"),
    "operation_mode": ("machinery operation mode", "operation mode"),
    "state": ("state",),
    "tower_red": ("red", "赤"),
    "tower_yellow": ("yellow", "amber", "orange", "黄"),
    "tower_green": ("green", "緑"),
    "tower_blue": ("blue", "青"),
    "program": (
        "program", "program name", "program number", "program no", "program id", "main program", "active program",
        "current program", "nc program", "running program", "job name", "pgm", "加工プログラム", "プログラム名",
        "プログラム番号", "プログラム",
    ),
    "program_comment": ("program comment", "program header", "プログラムコメント", "コメント"),
    "step": (
        "block", "block number", "line", "line number", "line label", "sequence number", "sequence no", "step",
        "step number", "step no", "unit number", "unit num", "シーケンス番号", "ブロック番号", "ブロック", "ステップ",
    ),
    "part_count": (
        "part count", "parts count", "part counter", "parts counter", "work count", "work counter",
        "workpiece count", "workpiece counter", "piece count", "piece counter", "product count", "production count",
        "production counter", "prod count", "good count", "parts produced", "parts", "counter", "shot count", "shots",
        "加工数", "加工個数", "加工カウンタ", "生産数", "生産個数", "部品数", "ワークカウンタ", "カウンタ",
        "ショット数", "個数",
    ),
    "reject_count": ("reject count", "rejects", "ng count", "scrap count", "bad count", "不良数", "不良個数", "ng数"),
    "feed_override": ("feed override", "feedrate override", "path feedrate override", "fovr", "送りオーバーライド",
                      "送り速度オーバーライド"),
    "rapid_override": ("rapid override", "rapid traverse override", "rovr", "早送りオーバーライド"),
    "single_block": ("single block", "シングルブロック"),
    "dry_run": ("dry run", "ドライラン"),
    "order": ("order", "order number", "order no", "work order", "製造番号", "製番", "作業指示", "オーダー"),
    "operation": ("operation number", "operation no", "工程番号", "工程"),
    "lot": ("lot", "lot number", "lot no", "batch", "batch number", "ロット番号", "ロット"),
    "serial": ("part serial", "part serial number", "workpiece serial", "workpiece serial number"),
    "operator": ("operator", "operator name", "operator id", "作業者", "オペレータ"),
    "tool": ("tool", "tool number", "tool no", "tool id", "current tool", "active tool", "工具番号", "工具"),
}  # fmt: skip

CONDITIONS: Final = (
    "alarm", "alarm text", "alarm message", "alarm number", "alarm code", "fault", "fault text", "fault message",
    "error", "error text", "error message", "error code", "warning", "アラーム", "警報", "異常", "故障",
)  # fmt: skip

TELEMETRY: Final[dict[str, tuple[str, ...]]] = {
    "spindle_load": ("spindle load", "spindle motor load", "sload", "主軸負荷", "主軸ロード"),
    "spindle_speed": ("spindle speed", "spindle rpm", "srpm", "主軸回転数", "主軸回転速度"),
    "spindle_override": ("spindle override", "sovr", "主軸オーバーライド"),
    "spindle_temperature": ("spindle temperature", "主軸温度"),
    "feed": ("feed", "feedrate", "feed rate", "path feedrate", "送り速度"),
    "laser_power": ("laser power", "レーザー出力", "レーザ出力"),
    "oil_temperature": ("oil temperature", "作動油温度", "油温"),
    "temperature": ("temperature", "温度"),
    "pressure": ("pressure", "圧力"),
    "current": ("current", "電流"),
    "voltage": ("voltage", "電圧"),
    "electric_power": ("electric power", "power consumption", "消費電力", "電力"),
    "energy": ("energy", "電力量"),
    "cycle_time": ("cycle time", "サイクルタイム", "加工時間"),
}

TOWER: Final = ("tower", "stack", "signal light", "lamp", "light", "beacon", "表示灯", "積層灯", "パトライト", "ランプ",
                "信号灯")  # fmt: skip
"""A colour alone is no lamp: the name or a name above it must speak of one."""

NOISE: Final = frozenset(
    ("current", "actual", "act", "cur", "value", "val", "nc", "cnc", "machine", "status", "state", "signal", "the",
     "of", "active", "data", "get", "is", "c", "n", "b", "s", "x", "w", "i", "f", "dw", "st", "str")
)  # fmt: skip
"""Words that a name may carry besides without meaning something else; also letters that only tell a type."""

GENERIC: Final = frozenset(("name", "number", "no", "state", "status", "value", "text", "id", "count", "mode", "code"))
"""Names that say little alone; the name above is read with them (`ActiveProgram/Name`)."""

SYNONYMS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "execution": {
        "ACTIVE": ("active", "running", "run", "executing", "in cycle", "cycle", "processing", "machining", "started",
                   "auto run", "運転中", "自動運転中", "加工中", "稼働中", "実行中", "運転"),
        "FEED_HOLD": ("hold", "feed hold", "held", "paused", "pause", "一時停止", "一時停止中", "送り停止"),
        "INTERRUPTED": ("interrupted", "suspended", "中断", "中断中"),
        "OPTIONAL_STOP": ("optional stop", "m01"),
        "PROGRAM_STOPPED": ("program stop", "program stopped", "m00"),
        "STOPPED": ("stopped", "stop", "aborted", "reset", "停止", "停止中", "リセット"),
        "READY": ("ready", "idle", "standby", "stand by", "inactive", "not executing", "待機", "待機中", "準備完了"),
        "PROGRAM_COMPLETED": ("completed", "complete", "finished", "ended", "done", "完了", "終了", "加工完了"),
        "WAIT": ("wait", "waiting", "待ち"),
    },
    "mode": {
        "AUTOMATIC": ("automatic", "auto", "memory", "mem", "自動", "メモリ"),
        "MANUAL": ("manual", "jog", "handle", "mpg", "手動", "ジョグ", "ハンドル"),
        "MANUAL_DATA_INPUT": ("mdi", "manual data input"),
        "SEMI_AUTOMATIC": ("semi automatic", "semi auto", "single step", "半自動"),
        "EDIT": ("edit", "編集"),
    },
    "estop": {
        "TRIGGERED": ("triggered", "pressed", "emergency", "on", "active", "非常停止", "作動"),
        "ARMED": ("armed", "released", "normal", "off", "ok", "inactive", "解除", "正常"),
    },
    "power": {"ON": ("on", "入", "オン"), "OFF": ("off", "切", "オフ")},
    "availability": {"AVAILABLE": ("available", "online", "connected"), "UNAVAILABLE": ("unavailable", "offline")},
    "tower": {
        "ON": ("on", "lit", "点灯"),
        "OFF": ("off", "消灯"),
        "BLINK": ("blink", "blinking", "flashing", "flash", "点滅"),
    },
}  # fmt: skip
"""Machines' words for the dictionary's. A tower's lamps share one list."""

SWITCHES: Final[dict[str, tuple[str, str]]] = {
    "execution": ("ACTIVE", "READY"),
    "mode": ("AUTOMATIC", "MANUAL"),
    "estop": ("TRIGGERED", "ARMED"),
    "availability": ("AVAILABLE", "UNAVAILABLE"),
}
"""What true and false most likely mean; lamps and power need no map, ON and OFF are known."""

UCUM: Final[dict[str, str]] = {
    "°c": "Cel", "℃": "Cel", "degc": "Cel", "deg c": "Cel", "celsius": "Cel", "rpm": "1/min", "r/min": "1/min",
    "min-1": "1/min", "min⁻¹": "1/min", "rev/min": "1/min", "percent": "%", "°": "deg", "nm": "N.m", "n·m": "N.m",
    "n m": "N.m", "kwh": "kW.h", "wh": "W.h", "mpa": "MPa", "kpa": "kPa", "pa": "Pa", "bar": "bar", "kw": "kW",
    "w": "W", "a": "A", "v": "V", "hz": "Hz", "sec": "s", "mm/sec": "mm/s",
}  # fmt: skip
"""Units as servers write them → UCUM; what is not here stays as it is."""
