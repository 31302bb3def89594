"""
Which addresses may be called: public ones, and private ones where the configuration says so. Pure.

Nothing that is link-local is ever called: there the clouds keep the keys of the machine that asks; nor is where Alibaba
Cloud and AWS keep them among the private addresses.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final, TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address

NAT64: Final = IPv6Network("64:ff9b::/96")
METADATA: Final = frozenset({IPv4Address("100.100.100.200"), IPv6Address("fd00:ec2::254")})


def is_allowed(address: str, *, allow_private: bool) -> bool:
    """Say whether this may be called; what is no address may not."""
    try:
        parsed = _embedded(ip_address(address))
    except ValueError:
        return False
    if parsed.is_multicast or parsed.is_unspecified or parsed.is_link_local or parsed in METADATA:
        return False
    if isinstance(parsed, IPv6Address) and parsed.is_site_local:  # long withdrawn
        return False
    return _is_public(parsed) or (allow_private and _is_private(parsed))


def is_loopback(address: str) -> bool:
    """Say whether it is this machine."""
    return _embedded(ip_address(address)).is_loopback


def _is_public(address: Address) -> bool:
    return address.is_global and not address.is_reserved


def _is_private(address: Address) -> bool:
    """What an organisation numbers by itself: the carriers' shared range (100.64/10) is neither private nor public."""
    return address.is_loopback or address.is_private or not (address.is_global or address.is_reserved)


def _embedded(address: Address) -> Address:
    """Look through the ways in which one address is written inside another."""
    if isinstance(address, IPv4Address):
        return address
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
    return inner or address
