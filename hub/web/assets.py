"""The shipped files as answers: kept for ever under an address that names their content, asked about again else."""

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

KEPT = "public, max-age=31536000, immutable"
ASKED_AGAIN = "public, no-cache"


class Assets(StaticFiles):
    """As StaticFiles, with how long a browser may keep each (`hub.web.layout.asset_url` gives the addresses)."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or 304 where the browser has it."""
        response = await super().get_response(path, scope)
        named = scope.get("query_string", b"").startswith(b"v=")
        response.headers["Cache-Control"] = KEPT if named else ASKED_AGAIN
        return response
