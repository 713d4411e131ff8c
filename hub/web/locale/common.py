"""Texts that every page shares: brand, navigation, states, units, errors. Pairs ``(ja, en)``."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "brand": ("つなぐ", "Tsunagu"),
    "lang.other": ("English", "日本語"),
    "lang.other.code": ("en", "ja"),
    "lang.switch": ("言語を切り替える", "Switch language"),
    "skip": ("本文へ移動", "Skip to content"),
    "nav.label": ("メインメニュー", "Main menu"),
    "nav.more": ("その他", "More"),
    "nav.board": ("稼働ボード", "Board"),
    "nav.stops": ("停止", "Stops"),
    "nav.quality": ("品質", "Quality"),
    "nav.agents": ("エージェント", "Agents"),
    "nav.account": ("設定", "Settings"),
    "sign_out": ("ログアウト", "Sign out"),
    "back.board": ("ボードへ戻る", "Back to the board"),
    "live.on": ("ライブ", "Live"),
    "live.connecting": ("接続中…", "Connecting…"),
    "live.lost": ("{time} から更新されていません", "Not live since {time}"),
    "live.lost.hint": (
        "ハブへ再接続しています。表示はその時点のものです。",
        "Reconnecting to the hub. What you see is from that time.",
    ),
    "copy": ("コピー", "Copy"),
    "copied": ("コピーしました", "Copied"),
    "list.and": ("・", ", "),
    "none": ("—", "—"),
    # states, in the words that shops use
    "state.running": ("加工中", "Running"),
    "state.held": ("一時停止", "Held"),
    "state.manual": ("手動", "Manual"),
    "state.setup": ("段取り", "Setup"),
    "state.maintenance": ("保全", "Maintenance"),
    "state.idle": ("待機", "Idle"),
    "state.alarm": ("異常", "Alarm"),
    "state.off": ("電源断", "Off"),
    "state.unknown": ("不明", "Unknown"),
    # durations and moments
    "unit.d": ("日", " d"),
    "unit.h": ("時間", " h"),
    "unit.m": ("分", " min"),
    "unit.s": ("秒", " s"),
    "ago": ("{span}前", "{span} ago"),
    "weekdays": ("月火水木金土日", "Mon Tue Wed Thu Fri Sat Sun"),
    # errors
    "error.404.title": ("ページが見つかりません", "There is no such page"),
    "error.404.text": (
        "アドレスが変わったか、見る権限がありません。ボードから探してください。",
        "The address has changed, or it is not yours to see. Start again from the board.",
    ),
    "error.403.title": ("権限がありません", "You may not do that"),
    "error.403.text": (
        "この操作には権限が必要です。自社の管理者に頼んでください。",
        "This needs a right that you do not have. Ask the administrator of your company.",
    ),
    "error.500.title": ("うまく表示できませんでした", "Something went wrong here"),
    "error.500.text": (
        "ハブの中で問題が起きました。データは失われていません。少し待ってから、もう一度開いてください。",
        "The hub met a fault of its own. No data was lost. Wait a moment and open the page again.",
    ),
    "error.503.title": ("いまは答えられません", "Not just now"),
    "error.503.text": (
        "ハブが混み合っています。データは失われていません。少し待ってから、もう一度開いてください。",
        "The hub cannot answer right now. No data was lost. Wait a moment and open the page again.",
    ),
    "error.400.title": ("入力を読み取れません", "That could not be read"),
    "error.400.text": (
        "送られた内容を理解できませんでした。戻って入力を確かめてください。",
        "What was sent could not be understood. Go back and check what you typed.",
    ),
    "error.detail": ("詳細", "Detail"),
}
