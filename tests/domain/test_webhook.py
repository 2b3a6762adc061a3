"""Webhooks: the addresses they may reach, the signature, the pauses."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from app.domain import webhook

INSIDE = (
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.0.1", "198.18.0.1", "224.0.0.1", "239.1.1.1",
    "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1",
    "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "64:ff9b::7f00:1", "2002:7f00:1::",
    "2001:0:4136:e378::1", "::127.0.0.1", "2001:db8::1",
)  # fmt: skip
OUTSIDE = (
    "1.1.1.1",
    "172.15.255.255",
    "172.32.0.1",
    "100.63.255.255",
    "100.128.0.1",
    "2606:4700::1111",
    "::ffff:1.1.1.1",
)
WRONG = (
    "http://events.example/in", "ftp://events.example", "https://", "https://name:word@events.example",
    "https://events.example/#part", "https://events.example/a b", "https://例子.cn", "https://127.0.0.1",
    "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://events.example:99999", "https://" + "a" * 500, "in",
)  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_nothing_inside_is_public(address: str):
    """Loopback, private, link-local, carrier's NAT, multicast, reserved; also where one is wrapped in another."""
    assert not webhook.is_public(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_the_open_internet_is_public(address: str):
    """Just beside the ranges, too."""
    assert webhook.is_public(address)


def test_a_network_that_was_named_may_be_reached():
    """And nothing beside it."""
    named = [ip_network("127.0.0.0/8")]
    assert webhook.may_reach("127.0.0.1", named) and not webhook.may_reach("10.0.0.1", named)


@pytest.mark.parametrize("url", WRONG)
def test_an_address_that_no_webhook_has(url: str):
    """Said when it is entered."""
    with pytest.raises(ValueError, match=r"\w"):
        webhook.refuse_address(url, plain=False)


def test_an_address_that_a_webhook_has():
    """A name, a path, a query, a port; plain http where that will do."""
    webhook.refuse_address("https://events.example:8443/in?of=us", plain=False)
    webhook.refuse_address("http://1.1.1.1/in", plain=True)


def test_the_signature_is_that_of_standard_webhooks():
    """Its published example."""
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    headers = webhook.headers([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_pauses_grow_and_an_event_that_is_refused_for_ever_is_left():
    """But not before a receiver that is away would have been switched off."""
    pauses = [webhook.pause_ms(n) for n in range(1, webhook.MOST_FAILURES)]
    assert pauses == sorted(pauses) and sum(pauses) > webhook.GIVE_UP_MS
    assert webhook.state_after(webhook.MOST_FAILURES - 1) == "pending"
    assert webhook.state_after(webhook.MOST_FAILURES) == "failed"
