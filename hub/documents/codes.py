"""QR codes for paper (ISO/IEC 18004): the code's text as a picture that a template places with `qr`.

Level M: 15 % of a code may be smudged. The picture carries its quiet zone of four modules.
"""

import io
from typing import Any, Final

QUIET_MODULES: Final = 4


def qr_svg(text: str) -> str:
    """The QR code of a text of 1 to 300 characters, as SVG; one module is one unit."""
    if not 1 <= len(text) <= 300:
        raise ValueError(f"a code of {len(text)} characters; 1 to 300 can be scanned")
    import segno  # noqa: PLC0415 - 3 MB until the first code

    drawn = io.BytesIO()
    # without the mark (ECI) a reader guesses between Latin-1 and Shift JIS, and takes ¡ for ｡
    marked: dict[str, Any] = {} if text.isascii() else {"encoding": "utf-8", "eci": True}
    code = segno.make_qr(text, error="m", **marked)
    code.save(drawn, kind="svg", border=QUIET_MODULES, omitsize=True, xmldecl=False, dark="#000", light="#fff")
    return drawn.getvalue().decode()


def operation_code(order: str, operation: str) -> str:
    """What the code of an operation says, on paper and at the terminal: ORDER/OPERATION."""
    return f"{order}/{operation}"
