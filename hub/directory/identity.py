"""Whom agents meet: the certificate authority that this hub's own certificate is signed by, if any.

It is public. Enrolment codes carry its fingerprint, and `GET /ca.pem` shows it. `tsunagu-hub tls init` writes it, and
`serve` says anew at every start what it serves with, so that a code never names an authority nobody will meet.
"""

import ssl

from hub.stores.company import Reader, Writer


def set_authority(writer: Writer, pem: str | None) -> None:
    """The authority's certificate as PEM; None where agents meet another certificate, or none."""
    writer.run("DELETE FROM identity")
    if pem is not None:
        writer.run("INSERT INTO identity (one, authority_pem) VALUES (1, ?)", (pem,))


def authority_pem(reader: Reader) -> str | None:
    """The authority's certificate as PEM, None where the hub does not serve with one of its own."""
    row = reader.one("SELECT authority_pem FROM identity")
    return None if row is None else str(row[0])


def authority_der(reader: Reader) -> bytes | None:
    """The same as DER: what fingerprints are made of."""
    pem = authority_pem(reader)
    return None if pem is None else ssl.PEM_cert_to_DER_cert(pem)
