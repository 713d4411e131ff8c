"""The library's client with four things set right: its log, the token policy, the channel's policy, a refused channel.

Written against asyncua 2.1; what is private there is touched here only.
"""

import logging
from typing import Final

from asyncua import ua
from asyncua.client.client import Client
from asyncua.common.utils import Buffer
from asyncua.crypto.security_policies import SecurityPolicy

_CHATTER: Final = "asyncua.client.ua_client.UASocketProtocol"


class OwnClient(Client):
    """One connection's client."""

    def __init__(self, url: str, timeout: float) -> None:
        super().__init__(url, timeout=timeout)
        logging.getLogger(_CHATTER).addFilter(_is_surprise)

    token: ua.UserTokenPolicy | None = None
    """How to sign in, chosen by us; the library takes the server's first, be it the weakest."""
    security_policy: SecurityPolicy  # type: ignore[assignment]  # the library's own annotation knows only None

    def secure(self, policy: SecurityPolicy) -> None:
        """What the channel is to be opened with."""
        self.security_policy = policy
        self.uaclient.set_security(policy)

    def server_policy(self, token_type: ua.UserTokenType) -> ua.UserTokenPolicy:
        """The policy that was chosen."""
        return super().server_policy(token_type) if self.token is None else self.token

    async def open_secure_channel(self, renew: bool = False) -> None:  # noqa: FBT001, FBT002  (the library's own)
        """Opens or renews the channel; a refusal is raised with the server's reason.

        The library tells its waiting caller that there is an answer before it reads it: a refusal that comes as an
        answer (ServiceFault) ends there as an AssertionError, without the reason.
        """
        protocol = self.uaclient.protocol
        if protocol is None:
            raise ConnectionError("connection lost")
        opening = protocol._request_id + 1  # noqa: SLF001  (the number of the request sent below)
        hand_over = protocol._call_callback  # noqa: SLF001  (the only place that an answer passes before it is read)

        def read_first(request_id: int, body: Buffer | ua.Acknowledge) -> None:
            if request_id == opening and isinstance(body, Buffer):
                protocol.check_answer(body, " in response to OpenSecureChannelRequest")
            hand_over(request_id, body)

        protocol._call_callback = read_first  # type: ignore[method-assign]  # noqa: SLF001  (as above)
        try:
            await super().open_secure_channel(renew)
        finally:
            protocol._call_callback = hand_over  # type: ignore[method-assign]  # noqa: SLF001  (as above)


def _is_surprise(record: logging.LogRecord) -> bool:
    """Refusals and lost connections are raised, and told once, in our own words; what remains is somebody's bug."""
    return record.exc_info is not None
