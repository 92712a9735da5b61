"""Who is let in."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest
from counter import Counter, eventually

from transcribe.core.errors import OutputError
from transcribe.server.access import auth
from transcribe.server.access.auth import COOKIE, Access, cookie_of, is_loopback, token_of
from transcribe.server.access.keys import Keys
from transcribe.server.access.sessions import MOST, Sessions
from transcribe.server.errors import Refused


def code(access: Access, path: str = "/v1/jobs", **headers: str) -> int:
    try:
        access.client(
            path, {"host": "localhost:80"} | {name.replace("_", "-"): each for name, each in headers.items()}
        )
    except Refused as error:
        return error.status
    return 200


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:9", "127.0.0.1:9", "[::1]:9", "192.168.1.2", "studio:9"]
)
def test_addresses_and_names_that_are_allowed(host: str) -> None:
    assert code(Access(hosts=frozenset({"studio"})), host=host) == 200


@pytest.mark.parametrize(
    "host",
    [
        "", "evil.example", "localhost.evil.example", "127.0.0.1.nip.example", "[", "a@b",
        "a@localhost", "localhost/x", "localhost?x", "localhost#x", "localhost:x", "localhost:80:80",
        "[::1]x", "[localhost]", "localhost.", "localhost, evil.example", "localhost evil.example",
    ],
)  # fmt: skip
def test_names_of_strangers(host: str) -> None:
    assert code(Access(hosts=frozenset({"studio"})), host=host) == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://localhost:80", "sec_fetch_site": "same-origin"}, 200),
        ({"origin": "http://localhost:81"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://["}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"sec_fetch_site": "same-site"}, 403),
    ],
)
def test_pages_of_other_sites(headers: dict[str, str], status: int) -> None:
    assert code(Access(), **headers) == status


def test_keys(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    assert not keys
    key = keys.make("Ala")
    access = Access(Keys(tmp_path))
    assert code(access, authorization=f"Bearer {key}") == 200
    assert access.client("/", {"host": "localhost", "authorization": f"bearer {key}"}) == "Ala"
    for wrong in (f"Bearer {key}x", "Bearer null", "Bearer", "", f"Basic {key}", "Bearer ż"):
        assert code(access, authorization=wrong) == 401
    assert code(access, "/health") == 200
    kept = (tmp_path / "keys.json").read_text()
    assert key not in kept
    assert (tmp_path / "keys.json").stat().st_mode & 0o077 == 0
    newer, running = Keys(tmp_path).make("Ala"), keys
    assert (running.owner(key), running.owner(newer)) == (None, "Ala")
    answers = [code(Access(keys), authorization=f"Bearer {each}") for each in (key, newer)]
    assert answers == [401, 200]


def test_only_a_key_of_ours_stands_for_an_origin(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    sessions = Sessions(tmp_path, keys)
    token = sessions.begin(keys.make("Ala"))
    access = Access(keys, sessions=sessions)
    ours = {"host": "localhost", "cookie": f"{COOKIE}={token}"}
    assert access.client("/v1/jobs", ours) == "Ala"
    for more in ({}, {"authorization": "Basic YTpi"}):
        with pytest.raises(Refused, match="Origin"):
            access.client("/v1/jobs", ours | more, "POST")


def test_a_cookie_is_of_its_port_and_with_tls_of_its_host() -> None:
    plain = [cookie_of({"host": each}, "http") for each in ("localhost", "localhost:1", "localhost:2")]
    assert plain == [COOKIE, f"{COOKIE}-1", f"{COOKIE}-2"]
    host = {"host": "studio.example"}
    assert cookie_of(host, "https") == f"__Host-{COOKIE}"
    tossed = host | {"cookie": f"{COOKIE}=theirs"}
    assert (token_of(tossed, "http"), token_of(tossed, "https")) == ("theirs", "")


def test_a_key_ends_its_own_sessions_and_nobody_elses(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    sessions = Sessions(tmp_path, keys)
    honest = sessions.begin(keys.make("Ala"))
    key = keys.make("Ewa")
    mine = [sessions.begin(key) or "" for _ in range(MOST + 1)]
    assert sessions.owner(honest or "") == "Ala"
    assert [sessions.owner(each) for each in (mine[0], mine[1])] == [None, "Ewa"]
    again = sessions.begin(key, mine[1]) or ""
    assert [sessions.owner(each) for each in (mine[1], again)] == [None, "Ewa"]


def test_a_client_leaves_room_for_others(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "MOST_OPEN", 0)
    monkeypatch.setattr(auth, "MOST_STREAMS", 2)
    with counter.serving() as client, ExitStack() as streams:
        for _ in range(2):
            streams.enter_context(client.stream("GET", "/v1/events"))
        refused = client.get("/v1/events")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
        assert refused.json()["error"]["code"] == "too_many_requests"
        assert client.get("/v1/jobs").status_code == 429
        assert client.get("/health").status_code == 200
        other = {"Authorization": "Bearer other"}
        streams.enter_context(client.stream("GET", "/v1/events", headers=other))
        streams.close()
        eventually(lambda: client.get("/v1/jobs/x/events").status_code == 404)


def test_damaged_keys_let_nobody_in(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text("[{")
    with pytest.raises(OutputError, match="damaged"):
        Keys(tmp_path)


def test_without_keys_clients_are_told_apart_by_what_they_send() -> None:
    access, host = Access(), {"host": "localhost"}
    assert access.client("/", host) == access.client("/", host | {"authorization": "Bearer null"}) == "local"
    one, other = (access.client("/", host | {"authorization": f"Bearer {each}"}) for each in "ab")
    assert len({one, other, "local"}) == 3


def test_loopback() -> None:
    assert [is_loopback(each) for each in ("localhost", "127.0.0.1", "127.9.9.9", "::1")] == [True] * 4
    assert [is_loopback(each) for each in ("0.0.0.0", "192.168.1.2", "studio", "::", "")] == [False] * 5  # noqa: S104


def test_the_gate_stands_before_everything(counter: Counter) -> None:
    counter.folder.mkdir()
    keys = Keys(counter.folder)
    key = keys.make("Ala")
    counter.access = Access(keys)
    with counter.serving() as client:
        assert client.get("/health").status_code == 200
        refused = client.get("/v1/models")
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
        assert refused.json()["error"]["type"] == "authentication_error"
        assert client.get("/v1/models", headers={"Authorization": f"Bearer {key}"}).status_code == 200
        assert client.get("/health", headers={"Host": "evil.example"}).status_code == 403
        assert client.post("/v1/jobs", headers={"Origin": "https://evil.example"}).status_code == 403
