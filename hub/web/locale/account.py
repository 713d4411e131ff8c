"""Texts of signing in and of one's own settings. Pairs ``(ja, en)``."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "login.title": ("ログイン", "Sign in"),
    "login.lead": ("工場のいまを、ひとつの画面で。", "Your factories, as they are right now."),
    "login.email": ("メールアドレス", "E-mail"),
    "login.password": ("パスワード", "Password"),
    "login.submit": ("ログイン", "Sign in"),
    "login.wrong": (
        "メールアドレスかパスワードが違います。",
        "E-mail or password is not right.",
    ),
    "login.wait": (
        "試行回数が多すぎます。{n} 秒待ってから、もう一度お試しください。",
        "Too many attempts. Wait {n} second and try again.|Too many attempts. Wait {n} seconds and try again.",
    ),
    "login.help": (
        "パスワードは自社の管理者が発行します。",
        "The administrator of your company gives out passwords.",
    ),
    "account.title": ("設定", "Settings"),
    "account.you": ("ログイン中のユーザー", "Signed in as"),
    "account.company": ("会社", "Company"),
    "account.roles": ("権限", "Roles"),
    "role.operator": ("作業者", "Operator"),
    "role.manager": ("管理職", "Manager"),
    "role.estimator": ("見積担当", "Estimator"),
    "role.sales": ("営業", "Sales"),
    "role.admin": ("管理者", "Administrator"),
    "account.language": ("言語", "Language"),
    "account.language.ja": ("日本語", "日本語"),
    "account.language.en": ("English", "English"),
    "account.theme": ("画面の明るさ", "Appearance"),
    "account.theme.auto": ("端末に合わせる", "Same as the device"),
    "account.theme.light": ("明るい", "Light"),
    "account.theme.dark": ("暗い", "Dark"),
    "account.save": ("保存", "Save"),
    "account.saved": ("保存しました。", "Saved."),
    "account.zone": ("時刻の表示", "Times are shown in"),
    "account.password": ("パスワードの変更", "Change your password"),
    "account.password.text": (
        "変更すると、すべての端末でログインし直しになります。",
        "You will have to sign in again on every device.",
    ),
    "account.password.current": ("いまのパスワード", "Current password"),
    "account.password.new": ("新しいパスワード（10 文字以上）", "New password (10 characters or more)"),
    "account.password.change": ("変更する", "Change it"),
    "account.password.wrong": ("いまのパスワードが違います。", "The current password is not right."),
    "account.password.weak": (
        "新しいパスワードが短すぎるか、長すぎます。",
        "The new password is too short or too long.",
    ),
}
