"""`GET /ca.pem`: the public certificate of the hub's own authority, for agents that enrol and browsers that trust it.

Whoever fetches it cannot know yet that this hub is the right one: an agent compares the fingerprint in its enrolment
code, a person the one that `tsunagu-hub tls show` prints.
"""

from fastapi import APIRouter
from starlette.responses import Response

from hub.directory.database import Directory
from hub.directory.identity import authority_pem
from hub.errors import NotFound


def build_router(directory: Directory) -> APIRouter:
    """GET /ca.pem."""
    router = APIRouter(include_in_schema=False)

    @router.get("/ca.pem")
    async def get_ca() -> Response:
        pem = directory.read(authority_pem)
        if pem is None:
            raise NotFound("certificate authority of this hub's own")
        headers = {"Content-Disposition": 'attachment; filename="tsunagu-ca.pem"'}
        return Response(pem, media_type="application/x-x509-ca-cert", headers=headers)

    return router
