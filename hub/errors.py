"""Errors of the hub, typed by the decision they ask of whoever meets them.

::

    HubError                 one line: what, where, what to do
    ├── Invalid              mend what you asked (`field` says where), then ask again
    ├── NotAuthenticated     say who you are first
    ├── NotAllowed           do not ask again; ask a person for the right
    ├── NotFound             it is not there, or you may not know that it is
    ├── Conflict             something else is there already; look, then decide
    ├── TooLarge             send less at a time
    ├── Throttled            wait `retry_after_s`, then ask again
    ├── StoreFull            keep what you have; a person must make room, then ask again
    └── Unavailable          keep what you have; ask again after `retry_after_s`

A message that a page shows is given in both languages where it is raised; API and commands speak English.
No HTTP status is known here: `hub.web.errors` maps each class to one, `hub.cli` to an exit code.
"""


class HubError(Exception):
    """The root; `message` is one line for a person, `ja` the same in Japanese where a page may show it."""

    def __init__(self, message: str, ja: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.ja = ja

    def text(self, lang: str) -> str:
        """The line in a reader's language, as far as there is one."""
        return self.ja if lang == "ja" and self.ja is not None else self.message


class Invalid(HubError):
    """What was asked cannot be understood; `field` names the part that is wrong, None for the whole."""

    def __init__(self, message: str, field: str | None = None, ja: str | None = None) -> None:
        super().__init__(message, ja)
        self.field = field


class NotAuthenticated(HubError):
    """Nobody the hub knows is asking."""


class NotAllowed(HubError):
    """Known, but without the right."""


class NotFound(HubError):
    """`what` is not there, or the viewer may not know that it is: both are said in the same words."""

    def __init__(self, what: str, ja: str = "見つかりません。一覧から選び直してください") -> None:
        super().__init__(f"there is no {what}", ja)
        self.what = what


class Conflict(HubError):
    """Something else is there already."""


class TooLarge(HubError):
    """More at once than the hub takes."""


class Throttled(HubError):
    """Too many attempts; `retry_after_s` says how long to wait."""

    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class StoreFull(HubError):
    """No room on disk. What was committed before is safe; nothing of this request was kept."""

    def __init__(self, message: str, retry_after_s: float = 5.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Unavailable(HubError):
    """Not now. What was committed before is safe; nothing of this request was kept."""

    def __init__(self, message: str, retry_after_s: float = 5.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
