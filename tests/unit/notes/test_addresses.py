"""Addresses are found in whatever form they have, and ordinary text has none."""

from __future__ import annotations

import pytest

from transcribe.notes.addresses import Said, addresses_in


@pytest.mark.parametrize(
    "text",
    [
        "bit.ly/x", "evil.xyz", "evil dot com", "Evil Dot Com", "evil DOT co DOT uk", "evil kropka pl",
        "evil punto com", "evil (dot) com", "evil[.]xyz", "evil [dot] zone", "evil{.}zone", "evil。com",
        "evil．xyz", "evil｡net", "evil․org", "evil·com", "evil•com", "hxxp://evil[.]com", "hxxps://evil.zone/a",
        "http:/evil.com", "https://evil.com", "HTTPS://EVIL.COM/X?y=1", "ftp://x", "a@b.example",
        "ala [at] evil (dot) com", "ala@localhost", "ala małpa(at)evil.pl", "192.0.2.1", "http://192.0.2.1/",
        "192.0.2.1:8080/x", "2001:db8::1", "[2001:db8::1]:80", "xn--e1afmkfd.xn--p1ai", "пример.рф",
        "zażółć.pl",
        "evil.com:8080/a", "tel:+48123456789", "mailto:a@b.pl", "@handle", "see @some.body now",
        "[click](javascript:x)", "[a](evil)", "<a href=evil>", "<A  HREF='x'>", "[1]: evil", "www.evil",
        "ev\u200bil.c\u200com", "evil\u2060.xyz", "evil\u00ad.com", "evil&#46;com", "evil&period;com",
        "evil%2Ecom", "evil .com", "evil. com", "evil . com", "еvil.соm", "ехample.xyz", "localhost:8080/x",
        "詳しくはevil.comで", "t.co/x", "x.com", "data:text/html;base64,xx", "EVIL.COM",
        "Evil.com", "evil.Com",
        "evil.com.", "(evil.com)", "evil.com, and", "sub.evil.co.uk", "e-vil.com", "evil.club",
        "magnet:?xt=1",
        "evil︒com", "evil܂com", "evilꓸcom", "evil۰com", "evil𐩐com", "evil punkt de",
        "evil Punkt at", "evil point fr", "evil punt nl dot nl", "пример точка рф",
    ],
)  # fmt: skip
def test_every_form_is_found(text: str) -> None:
    assert list(addresses_in(f"Read more: {text}")), text
    assert not Said(["Read more about evil things at home. Com and net are words."]).has("evil.com/x")


@pytest.mark.parametrize(
    "text",
    [
        "and so on, etc.then we left", "Node.js and Vue.js", "3.5 percent", "the U.S.A. and U.S",
        "v1.2", "v1.2.3",
        "at 5 p.m in May", "np. tak, m.in. nie", "m.in", "tzn. że", "e.g. this, i.e. that", "10:30:45", "a:b",
        "It ended.It was good", "That is the point of view", "un punto de vista", "der Punkt ist",
        "dot the i", "un point de vue", "point de départ", "der Punkt war",
        "der Punkt. De facto",
        "the end. In Poland", "End.The", "C++ std::vector", "ratio 3:2", "half/half", "and/or", "1.000.000",
        "at home", "St.Pauli", "Dr.Keller", "z o.o.", "sp. z o.o.", "wait...what", "the dot on the i",
        "終わり。次は", "data: 5 percent", "12.05.2024", "$3.50", "No.5", "Mr.Smith", "[1] (two)",
        "They came to the point. Net gains rose.", "on the spot. Top of the list", "to jest punkt widzenia",
    ],
)  # fmt: skip
def test_ordinary_text_has_none(text: str) -> None:
    assert list(addresses_in(text)) == []


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("Visit example dot com today", "example.com"),
        ("Visit example dot com today", "https://www.example.com/"),
        ("kupuję na allegro kropka pl", "Allegro.pl"),
        ("kupuję na Allegro.pl", "allegro.pl"),
        ("go to bee keepers dot org slash honey", "beekeepers.org/honey"),
        ("write to ala at example dot com", "ala at example.com"),
        ("follow us at bee life", "@beelife"),
        ("we are at i b m dot com", "ibm.com"),
    ],
)
def test_what_was_said_is_known(said: str, address: str) -> None:
    assert Said(["Hello.", said, "Good bye."]).has(address)


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("an important company", "t.co"),
        ("Visit example dot com today", "example.com/evil"),
        ("Visit example dot com today", "ample.com"),
        ("Visit example dot com today", "example.co"),
        ("evil, he said. The com was", "evil.com"),
        ("", "evil.com"),
    ],
)
def test_what_was_not_said_is_not(said: str, address: str) -> None:
    assert not Said([said]).has(address)


@pytest.mark.parametrize(
    "text", ["a", "a.", "a-", ":", "1.", "a:", "@", "a@", "[", "](", "%2e", "&#46;", "。", "dot ", "\u200b"]
)
def test_no_text_takes_long(text: str) -> None:
    list(addresses_in(text * 20_000))
