"""What the signals of the dictionary (`contract.signals`) are called. Pairs ``(ja, en)``."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "signal.execution": ("実行状態", "Execution"),
    "signal.mode": ("運転モード", "Mode"),
    "signal.estop": ("非常停止", "Emergency stop"),
    "signal.power": ("電源", "Power"),
    "signal.availability": ("応答の有無", "Availability"),
    "signal.functional_mode": ("使用目的", "Functional mode"),
    "signal.item_state": ("機械の状態", "Item state"),
    "signal.operation_mode": ("操作モード", "Operation mode"),
    "signal.state": ("状態", "State"),
    "signal.tower_red": ("積層灯（赤）", "Stack light, red"),
    "signal.tower_yellow": ("積層灯（黄）", "Stack light, yellow"),
    "signal.tower_green": ("積層灯（緑）", "Stack light, green"),
    "signal.tower_blue": ("積層灯（青）", "Stack light, blue"),
    "signal.program": ("プログラム", "Program"),
    "signal.program_comment": ("プログラムの注記", "Program comment"),
    "signal.step": ("工程位置", "Step"),
    "signal.order": ("製番", "Order"),
    "signal.operation": ("工程", "Operation"),
    "signal.lot": ("ロット", "Lot"),
    "signal.serial": ("シリアル番号", "Serial number"),
    "signal.operator": ("作業者", "Operator"),
    "signal.tool": ("工具", "Tool"),
    "signal.part_count": ("部品カウンター", "Part counter"),
    "signal.reject_count": ("不良カウンター", "Reject counter"),
    "signal.feed_override": ("送りオーバーライド", "Feed override"),
    "signal.rapid_override": ("早送りオーバーライド", "Rapid override"),
    "signal.single_block": ("シングルブロック", "Single block"),
    "signal.dry_run": ("ドライラン", "Dry run"),
}
