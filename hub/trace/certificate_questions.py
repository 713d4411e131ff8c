"""One attached file with its content."""

from typing import Annotated, Final

import msgspec

from hub.access.catalogue import Discloses, Found, Question, Room
from hub.errors import NotFound
from hub.trace import certificate_store
from hub.trace.questions import Name


class TheFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a lot, by its number."""

    lot: Name
    id: Annotated[int, msgspec.Meta(ge=0, le=2**62)]


class FileRow(msgspec.Struct, frozen=True, kw_only=True):
    """A file, whole."""

    lot: Annotated[str, Discloses("trace")]
    name: Annotated[str, Discloses("trace")]
    media: Annotated[str, Discloses("trace")]
    content: Annotated[bytes, Discloses("trace")]


def certificate(room: Room, params: TheFile) -> Found[FileRow]:
    """One file of a lot; NotFound where the lot has none of that number."""
    found = certificate_store.read(room.reader, params.lot, params.id)
    if found is None:
        raise NotFound(f"certificate {params.id} of lot {params.lot[:64]!r}")
    made, content = found
    return Found([FileRow(lot=made.lot, name=made.name, media=made.media, content=content)])


QUESTIONS: Final = (
    Question(name="trace.certificate", summary="A file attached to a lot", params=TheFile, row=FileRow,
             run=certificate),
)  # fmt: skip
