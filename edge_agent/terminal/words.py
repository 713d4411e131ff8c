"""Every text of the terminal in Japanese and English, by key. Pure. `{places}` are filled by `say`."""

from typing import Final, Literal, TypeAlias

Language: TypeAlias = Literal["ja", "en"]

WORDS: Final[dict[str, tuple[str, str]]] = {
    # the frame
    "terminal": ("現場端末", "Terminal"),
    "other_language": ("English", "日本語"),
    "home": ("作業", "Work"),
    "machines": ("機械の停止", "Stops"),
    "people": ("作業者", "Operator"),
    "taps": ("記録", "Records"),
    "who": ("作業者を選ぶ", "Choose operator"),
    "back": ("戻る", "Back"),
    "main": ("本文へ", "Skip to content"),
    "at_hub": ("ハブに届きました", "At the hub"),
    "not_at_hub": ("まだハブに届いていません", "Not yet at the hub"),
    "put_aside": (
        "ハブが読めず、保留しました。管理者に知らせてください",
        "The hub could not read it and put it aside; tell your administrator",
    ),
    "aside_count": ("ハブで保留: {n} 件", "{n} put aside at the hub"),
    "all_at_hub": ("すべてハブに届いています", "Everything is at the hub"),
    "waiting": ("ハブに未送信: {n} 件(端末に保存済み)", "{n} not yet at the hub (kept here)"),
    "list_age": ("作業一覧: {age}前", "List of work: {age} old"),
    "list_now": ("作業一覧: 最新", "List of work: current"),
    "list_none": ("作業一覧がまだありません", "No list of work yet"),
    "seconds": ("{n} 秒", "{n} s"),
    "minutes": ("{n} 分", "{n} min"),
    "hours": ("{n} 時間", "{n} h"),
    "days": ("{n} 日", "{n} days"),
    "trying": ("端末につながりません。もう一度送っています…", "No answer from the terminal; sending again…"),
    # scanning and the list
    "scan": ("コードを読み取る・入力する", "Scan or type a code"),
    "scan_hint": ("現品票の QR、または 注文番号/工程番号", "QR of the traveller, or ORDER/OPERATION"),
    "camera": ("カメラ", "Camera"),
    "camera_stop": ("カメラを閉じる", "Close camera"),
    "open": ("開く", "Open"),
    "mine": ("あなたの作業中", "Your work"),
    "running_work": ("作業中", "In work"),
    "open_work": ("未完了の作業", "Open work"),
    "no_work": ("この拠点の未完了の作業はありません", "No open work at this site"),
    "due": ("納期", "Due"),
    "late": ("遅れ", "Late"),
    "pieces": ("個", "pcs"),
    "of_pieces": ("{good} / {quantity} 個", "{good} of {quantity}"),
    "found": ("{code} の工程", "Operations of {code}"),
    "machine": ("機械", "Machine"),
    "no_machine": ("機械なし", "No machine"),
    # an operation
    "planned": ("未着手", "Not started"),
    "started": ("作業中", "In work"),
    "paused": ("中断中", "Paused"),
    "finished": ("完了", "Finished"),
    "good": ("良品", "Good"),
    "reject": ("不良", "Reject"),
    "rework": ("手直し", "Rework"),
    "start": ("開始", "Start"),
    "join": ("作業に加わる", "Join"),
    "start_again": ("もう一度開始", "Start again"),
    "pause": ("中断", "Pause"),
    "resume": ("再開", "Resume"),
    "first_ok": ("初品 OK", "First piece OK"),
    "report": ("数量を報告", "Report quantity"),
    "finish": ("完了", "Finish"),
    "measure": ("測定", "Measure"),
    "lot_in": ("材料ロット投入", "Lot in"),
    "lot_out": ("できたロット", "Lot out"),
    "stop": ("停止理由", "Stop reason"),
    "run": ("運転を再開した", "Running again"),
    "record": ("記録する", "Record"),
    "record_anyway": ("それでも記録する", "Record anyway"),
    "history": ("この端末の記録", "Recorded here"),
    "nothing_yet": ("まだ記録はありません", "Nothing recorded yet"),
    "reason": ("理由", "Reason"),
    "why_reject": ("不良の理由", "Why rejected"),
    "why_pause": ("中断の理由", "Why paused"),
    "note": ("メモ", "Note"),
    "lot": ("ロット番号", "Lot"),
    "serial": ("シリアル番号", "Serial"),
    "quantity": ("数量", "Quantity"),
    "unit": ("単位", "Unit"),
    "every": ("{n} 個ごと", "every {n}"),
    "first_piece": ("初品", "first piece"),
    "last_piece": ("終品", "last piece"),
    "gauge": ("測定器", "Gauge"),
    "limits": ("規格", "Limits"),
    "passed": ("合格", "Pass"),
    "failed": ("不合格", "Fail"),
    "inside": ("規格内", "In"),
    "outside": ("規格外", "OUT"),
    "lots_in": ("投入したロット", "Lots that went in"),
    "no_plan": ("この工程に検査項目はありません", "No characteristics for this operation"),
    "at_work": ("作業者", "At work"),
    "not_listed": ("作業一覧にありません", "Not on the list"),
    # stops
    "which_machine": ("どの機械が止まっていますか", "Which machine stands?"),
    "since": ("いつから", "Since"),
    "since_now": ("いま", "Now"),
    "minutes_ago": ("{n} 分前", "{n} min ago"),
    "stands": ("停止中", "Stands"),
    "stands_since": ("{time} から停止中: {reason}", "Stands since {time}: {reason}"),
    "connected": ("接続中", "Connected"),
    "not_connected": ("未接続", "Not connected"),
    "no_machines": ("機械がありません", "No machines"),
    "no_reasons": ("理由の一覧がまだありません。文字で書いてください", "No reasons on the list yet; write it"),
    # people and access
    "badge": ("名札を読み取る・番号を入力", "Scan badge or type the code"),
    "choose": ("選ぶ", "Choose"),
    "nobody": ("作業者が未選択です", "Nobody chosen"),
    "code": ("端末コード", "Device code"),
    "code_hint": (
        "管理者が「tsunagu-agent terminal code」で表示します",
        "Your administrator gets it with: tsunagu-agent terminal code",
    ),
    "enter": ("はじめる", "Begin"),
    "leave": ("この端末の登録を解除", "Sign this device out"),
    # messages
    "recorded": ("記録しました", "Recorded"),
    "recorded_before": ("すでに記録されています", "Recorded already"),
    "m_other": (
        "この画面の内容は別の値で記録済みです。確かめて、追加で記録するときだけもう一度押してください",
        "This form was recorded already with other values. Press again only to record these as well",
    ),
    "m_not_started": ("まだ開始していません。先に「開始」を押してください", "Not started yet: press Start first"),
    "m_started_already": ("すでに開始しています", "Started already"),
    "m_not_paused": ("中断していません", "It is not paused"),
    "m_paused_already": ("すでに中断しています", "Paused already"),
    "m_paused_resume": ("中断中です。「再開」を押してください", "It is paused: press Resume"),
    "m_finished_already": ("すでに完了しています", "Finished already"),
    "m_not_standing": ("この機械は停止として記録されていません", "No stop of this machine is recorded"),
    "m_more": (
        "注文は {ordered} 個ですが、良品が {total} 個になります。確かめてください",
        "{ordered} are ordered, good would be {total}. Please check",
    ),
    "m_operator": ("作業者を選んでください", "Choose the operator first"),
    "m_whole": ("0 以上の整数で入力してください(例: 12)", "Write a whole number, 0 or more, such as 12"),
    "m_number": ("数字で入力してください(例: 12.34)", "Write a number such as 12.34"),
    "m_positive": ("0 より大きい数を入力してください", "Write a number above 0"),
    "m_some_quantity": ("良品・不良・手直しのどれかを入力してください", "Write good, reject or rework"),
    "m_why_reject": ("不良の理由を選んでください", "Choose why they were rejected"),
    "m_reason": ("理由を選んでください", "Choose a reason"),
    "m_minutes": ("0〜1440 分で入力してください", "Write 0 to 1440 minutes"),
    "m_some_measure": ("測定値を 1 つ以上入力してください", "Write at least one result"),
    "m_lot": ("ロット番号を入力してください", "Write the lot's number"),
    "m_long": ("{n} 文字以内で入力してください", "At most {n} characters"),
    "m_parent_self": ("ロットをそれ自身から作ることはできません", "A lot cannot be made of itself"),
    "m_machine": ("機械を選んでください", "Choose a machine"),
    "m_unknown_machine": ("この拠点に機械 {machine} はありません", "There is no machine {machine} at this site"),
    "m_unknown_operator": (
        "番号 {code} の作業者はこの拠点の一覧にいません",
        "Nobody with the code {code} is on this site's list",
    ),
    "m_unknown_code": (
        "{code} はこの拠点の作業一覧にありません。コードを確かめてください",
        "{code} is not on this site's list of work; check the code",
    ),
    "m_stale_code": (
        "{code} は作業一覧({age}前)にありません。新しい注文なら、このまま記録できます",
        "{code} is not on the list of work ({age} old). If the order is new, go on",
    ),
    "m_code": ("コードが違います", "The code is not right"),
    "m_no_code": (
        "端末コードがまだ作られていません(tsunagu-agent terminal code)",
        "No code was made yet: tsunagu-agent terminal code",
    ),
    "m_guesses": ("試行が多すぎます。{n} 秒後にもう一度", "Too many attempts; again in {n} s"),
    "m_full": (
        "記録できませんでした: この端末のディスクに空きがありません。管理者に知らせてください",
        "Not recorded: this computer's disk is full. Tell your administrator",
    ),
    "m_old_form": ("画面が古くなりました。もう一度開いてください", "This form is out of date; open it again"),
    "m_not_here": ("このページはありません", "There is no such page"),
    "m_foreign": ("ほかのサイトからの操作は受け付けません", "This must come from a page of the terminal"),
}


def say(language: Language, key: str, **places: object) -> str:
    """The text of a key.

    >>> say("en", "of_pieces", good=3, quantity=5)
    '3 of 5'
    """
    text = WORDS[key][0 if language == "ja" else 1]
    return text.format(**places) if places else text


def age(language: Language, seconds: float) -> str:
    """How long, in the largest unit that is whole.

    >>> age("en", 59), age("en", 7300), age("ja", 200_000)
    ('59 s', '2 h', '2 日')
    """
    for key, unit_s in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= unit_s:
            return say(language, key, n=int(seconds // unit_s))
    return say(language, "seconds", n=int(seconds))
