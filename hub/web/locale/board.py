"""Texts of the live board. Pairs ``(ja, en)``."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "board.title": ("稼働ボード", "Live board"),
    "board.machines": ("{n} 台", "{n} machine|{n} machines"),
    "board.summary": ("状態ごとの台数", "Machines by state"),
    "board.all": ("すべて", "All"),
    "board.since": ("{time} から", "since {time}"),
    "board.last_known": ("最後の確認 {time}", "last known {time}"),
    "board.never_known": ("まだ一度も確認できていません", "never heard from yet"),
    "board.program": ("プログラム", "Program"),
    "board.no_program": ("プログラムなし", "no program"),
    "board.count": ("{n} 個", "{n} pcs"),
    "board.coverage": ("今日の把握 {n}%", "{n}% of today known"),
    "board.coverage.none": ("今日の把握 —", "today not known"),
    "board.coverage.long": (
        "今日のうち状態を把握できている時間の割合",
        "Share of today for which the state is known",
    ),
    "board.alarms": ("ほか {n} 件", "and {n} more"),
    "board.alarm": ("異常が出ています", "An alarm is active"),
    "board.strip": ("{span}の状態", "States, {span}"),
    "board.span.8h": ("直近 8 時間", "last 8 hours"),
    "board.span.24h": ("直近 24 時間", "last 24 hours"),
    "board.span.day": ("今日", "today"),
    "board.span": ("帯の範囲", "Strip shows"),
    "board.sort": ("並び順", "Order"),
    "board.sort.name": ("名前順", "By name"),
    "board.sort.urgency": ("要確認の順", "Needs a look first"),
    "board.sort.since": ("変化が新しい順", "Latest change first"),
    "board.wall": ("大画面表示", "Wall screen"),
    "board.wall.leave": ("通常表示に戻る", "Back to the normal view"),
    "board.path_only": ("通信経路のみ確認", "path only"),
    "board.path_only.long": (
        "通信経路が生きていることだけが分かります。機械そのものの応答ではありません。",
        "Only the path is known to be alive, not the machine itself.",
    ),
    "board.empty.title": ("まだ機械がつながっていません", "No machine is connected yet"),
    "board.empty.text": (
        "機械のそばの PC か Raspberry Pi でエージェントを動かすと、ここに現れます。3 つの手順です。",
        "Run an agent on a PC or Raspberry Pi near your machines and they appear here. Three steps.",
    ),
    "board.empty.step1": (
        "ハブのある機械で、エージェントを登録します（1 回限りのコードが出ます）",
        "On the hub's computer, add an agent (it prints a one-time code)",
    ),
    "board.empty.step2": (
        "機械のそばの PC で、設定ファイルの見本を作り、機械の接続先を書きます",
        "On the PC near the machines, write a sample configuration and fill in where your machines are",
    ),
    "board.empty.step3": (
        "コードで登録し、動かします",
        "Enrol with the code, and run it",
    ),
    "board.empty.button": ("エージェントを追加", "Add an agent"),
    "board.none_shown": (
        "この状態の機械はありません。",
        "No machine is in this state.",
    ),
}
