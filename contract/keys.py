"""Names that cannot be built wrong: slugs, machine keys, signal names.

A slug is ``[a-z0-9][a-z0-9-]{0,62}``; a machine is ``site/machine`` within a company (DESIGN §3).
"""

import re
from functools import lru_cache

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_SIGNAL = re.compile(r"[a-z][a-z0-9_]{0,62}")


@lru_cache(maxsize=4096)
def is_slug(text: str) -> bool:
    """Whether `text` may name a company, site, agent or machine.

    >>> is_slug("laser-1"), is_slug("Laser 1"), is_slug("a/b"), is_slug("")
    (True, False, False, False)
    """
    return _SLUG.fullmatch(text) is not None


@lru_cache(maxsize=65536)
def is_signal_name(text: str) -> bool:
    """Whether `text` may name a signal or a condition.

    >>> is_signal_name("spindle_load"), is_signal_name("Spindle"), is_signal_name("x" * 64)
    (True, False, False)
    """
    return _SIGNAL.fullmatch(text) is not None


def machine_key(site: str, machine: str) -> str:
    """``site/machine``; raises ValueError where either part is no slug.

    >>> machine_key("main", "laser-1")
    'main/laser-1'
    """
    for part in (site, machine):
        if not is_slug(part):
            raise ValueError(f"{part!r} is no name: use a-z, 0-9 and '-', at most 63 characters")
    return f"{site}/{machine}"


@lru_cache(maxsize=4096)
def split_machine_key(key: str) -> tuple[str, str]:
    """Site and machine of a key; raises ValueError where it is none.

    >>> split_machine_key("main/laser-1")
    ('main', 'laser-1')
    """
    site, slash, machine = key.partition("/")
    if not (slash and is_slug(site) and is_slug(machine)):
        raise ValueError(f"{key[:80]!r} is no machine key: write site/machine, each of a-z, 0-9 and '-'")
    return site, machine
