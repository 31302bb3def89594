from __future__ import annotations

import pytest

from bot.pager.public import is_allowed, is_loopback

# What may be called always, only where the configuration allows it, and never.
PUBLIC = [
    "93.184.215.14",
    "2606:2800:21f:cb07:6820:80da:af6b:8b2c",
    "::ffff:93.184.215.14",  # IPv4 written as IPv6
    "64:ff9b::5db8:d70e",  # the same behind NAT64
]
PRIVATE = [
    "127.0.0.1",
    "127.255.255.254",
    "::1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",  # shared between a carrier's customers
    "fd00::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",  # 6to4 of 127.0.0.1
]
NEVER = [
    "169.254.169.254",  # where a cloud keeps the keys of the machine
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "100.100.100.200",  # the same at Alibaba Cloud
    "::ffff:100.100.100.200",
    "fd00:ec2::254",  # and at AWS
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "0.0.0.0",  # noqa: S104
    "::",
    "224.0.0.1",
    "ff02::1",
    "no address",
    "",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_called(address: str):
    assert is_allowed(address, allow_private=False)
    assert is_allowed(address, allow_private=True)


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_one_only_where_that_is_allowed(address: str):
    assert not is_allowed(address, allow_private=False)
    assert is_allowed(address, allow_private=True)


@pytest.mark.parametrize("address", NEVER)
def test_some_may_never_be_called(address: str):
    assert not is_allowed(address, allow_private=False)
    assert not is_allowed(address, allow_private=True)


def test_this_machine_is_known_in_every_writing():
    assert all(is_loopback(address) for address in ("127.0.0.1", "::1", "::ffff:127.0.0.1"))
    assert not is_loopback("10.1.2.3")
