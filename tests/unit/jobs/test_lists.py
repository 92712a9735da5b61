"""What lists, playlists and feeds name, and what is refused in them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from transcribe.core.errors import InputError
from transcribe.jobs import lists
from transcribe.jobs.lists import MAX_SHOWN, Entry, entries_of, is_list


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def paths(folder: Path, name: str, content: str | bytes) -> list[Path | None]:
    return [each.path for each in entries_of(written(folder, name, content))]


def feed(*items: str) -> str:
    inside = "".join(f"<item><title>t</title>{item}</item>" for item in items)
    return f"<rss version='2.0'><channel><title>Show</title>{inside}</channel></rss>"


def test_a_list_has_a_path_on_each_line(tmp_path: Path) -> None:
    content = "\ufeff# season 1\r\nzażółć.mp3\r\n\r\n  sub/it's here.wav  \n/elsewhere/x.flac\n../up.ogg\n"
    assert paths(tmp_path, "season.txt", content) == [
        tmp_path / "zażółć.mp3",
        tmp_path / "sub" / "it's here.wav",
        Path("/elsewhere/x.flac"),
        tmp_path.parent / "up.ogg",
    ]


def test_other_separators_than_line_feeds_belong_to_names(tmp_path: Path) -> None:
    assert paths(tmp_path, "a.lst", "one\u2028two.mp3\n") == [tmp_path / "one\u2028two.mp3"]


def test_playlists_have_comments_and_may_be_latin_1(tmp_path: Path) -> None:
    content = "#EXTM3U\n#EXTINF:123,Café\ncaf\u00e9.mp3\n"
    for name, encoded in (("a.m3u", content.encode("latin-1")), ("b.m3u8", content.encode())):
        assert paths(tmp_path, name, encoded) == [tmp_path / "café.mp3"]


def test_what_is_elsewhere_or_a_playlist_itself_is_named_and_not_followed(tmp_path: Path) -> None:
    content = (
        "http://host.example/a.mp3\nother.m3u\nfile:///tmp/a%20b.mp3\nfile://server/c.mp3\nd.mp3\nC:\\e.mp3\n"
    )
    found = entries_of(written(tmp_path, "a.m3u", content))
    assert found[0] == Entry("http://host.example/a.mp3", None, "line 1: not on this machine")
    assert found[1] == Entry("other.m3u", None, "line 2: a playlist in a playlist is not followed")
    assert found[2].path == Path("/tmp/a b.mp3")  # noqa: S108
    assert found[3].path is None
    assert found[4].path == tmp_path / "d.mp3"
    assert found[5].path == tmp_path / "C:\\e.mp3"


def test_a_pipe_with_the_ending_of_a_list_is_no_recording(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.m3u")
    (tmp_path / "b.txt").symlink_to("b.txt")
    (tmp_path / "c.txt").mkdir()
    assert [is_list(tmp_path / name) for name in ("a.m3u", "b.txt", "c.txt", "d.txt")] == [True] + [False] * 3
    with pytest.raises(InputError, match="not a plain file"):
        entries_of(tmp_path / "a.m3u")


def test_pls_names_files_by_number(tmp_path: Path) -> None:
    content = (
        "[playlist]\nFile1=caf\u00e9.mp3\nTitle1=x.mp3\nLength1=-1\nFile2=http://host.example/a\n; File3=no\n"
        "file10 = sub/b=c.wav\nFile4=file://server/d.wav\nFile5=other.xspf\nFile6=\nFileX=no\nNumberOfEntries=9\n"
    )
    found = entries_of(written(tmp_path, "a.pls", content.encode("latin-1")))
    assert [(each.path, each.reason) for each in found] == [
        (tmp_path / "café.mp3", ""),
        (None, "line 5: not on this machine"),
        (tmp_path / "sub/b=c.wav", ""),
        (None, "line 8: not on this machine"),
        (None, "line 9: a playlist in a playlist is not followed"),
    ]


def test_xspf_names_files_by_address(tmp_path: Path) -> None:
    places = (
        "a%20b.mp3",
        "file:///t/c%23.wav",
        "https://host.example/d",
        "file://[x",
        "~x/e.wav",
        "f.pls",
        "",
    )
    tracks = "".join(f"<track><title>t</title><location>{each}</location></track>" for each in places)
    content = f"<playlist version='1' xmlns='http://xspf.org/ns/0/'><trackList>{tracks}<track/></trackList></playlist>"
    found = entries_of(written(tmp_path, "a.xspf", content))
    assert [each.path for each in found] == [
        tmp_path / "a b.mp3", Path("/t/c#.wav"), None, None, tmp_path / "~x/e.wav", None,
    ]  # fmt: skip
    reasons = [each.reason.partition(":")[0] for each in found if each.reason]
    assert reasons == ["track 3", "track 4", "track 6"]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "<playlist",
        "<!DOCTYPE a [<!ENTITY b 'c'>]><playlist xmlns='http://xspf.org/ns/0/'>&b;</playlist>",
        "<playlist xmlns='http://xspf.org/ns/0/'/>",
    ],
)
def test_what_is_no_playlist_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(InputError, match=r"no playlist that can be read|names no recording"):
        entries_of(written(tmp_path, "a.xspf", content))


def test_a_stream_in_pieces_is_no_list_of_recordings(tmp_path: Path) -> None:
    content = "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:9,\npiece1.ts\n"
    with pytest.raises(InputError, match="a stream cut into pieces"):
        entries_of(written(tmp_path, "a.m3u8", content))


def test_a_feed_names_its_local_enclosures(tmp_path: Path) -> None:
    (tmp_path / "100% live.mp3").touch()
    content = feed(
        "<enclosure url='sub/a%20b.mp3' type='audio/mpeg' length='1'/>",
        "<enclosure url='100% live.mp3'/>",
        "<enclosure url='https://host.example/c.mp3'/>",
        "<enclosure/>",
    )
    assert paths(tmp_path, "feed.xml", content) == [
        tmp_path / "sub" / "a b.mp3",
        tmp_path / "100% live.mp3",
        None,
    ]


@pytest.mark.parametrize(
    "content",
    [
        "<!DOCTYPE rss [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><rss><channel>&b;</channel></rss>",
        "<!DOCTYPE rss SYSTEM 'file:///etc/passwd'><rss/>",
        "<rss><channel>",
        "<?xml version='1.0' encoding='nonsense'?><rss/>",
        "\x00\x01",
        "",
    ],
)
def test_hostile_and_broken_feeds_are_refused(content: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"feed\.rss is no feed"):
        entries_of(written(tmp_path, "feed.rss", content))


def test_lists_have_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "MAX_ENTRIES", 1000)
    monkeypatch.setattr(lists, "MAX_BYTES", 2200)
    assert len(entries_of(written(tmp_path, "a.txt", "x\n" * 1000))) == 1000
    with pytest.raises(InputError, match="1,001 entries; 1,000 are allowed"):
        entries_of(written(tmp_path, "a.txt", "x\n" * 1001))
    assert len(entries_of(written(tmp_path, "a.txt", b"x\n" * 900 + b"#" * 400))) == 900
    with pytest.raises(InputError, match="too large"):
        entries_of(written(tmp_path, "a.txt", b"x\n" * 900 + b"#" * 401))
    with pytest.raises(InputError, match="names no recording"):
        entries_of(written(tmp_path, "a.txt", "# nothing\n"))
    with pytest.raises(InputError, match="cannot be read"):
        entries_of(tmp_path / "none.txt")


GOOD = b"good.wav"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"file://[x", "no address"),
        (b"http://[::1/x.mp3", "no address"),
        (b"file:///a%00b.mp3", "no file can have this name"),
        (b"a\0b.mp3", "no file can have this name"),
        (b"~\0/b.mp3", "no file can have this name"),
        (b"x" * 300 + b".mp3", "no file can have this name"),
        ("ż".encode() * 130 + b".mp3", "no file can have this name"),
        (b"x/" * 3000 + b"y.mp3", "no path can be so long"),
        (b"y" * 1_000_000, "no file can have this name"),
        (b"https://host.example/" + b"z" * 100_000, "not on this machine"),
        (b"ftp:x", "not on this machine"),
        (b"file://server/x.mp3", "not on this machine"),
    ],
)
@pytest.mark.parametrize("name", ["a.txt", "a.lst", "a.m3u", "a.m3u8"])
def test_what_is_wrong_with_a_line_costs_that_line(
    tmp_path: Path, name: str, line: bytes, reason: str
) -> None:
    found = entries_of(written(tmp_path, name, b"# list\n" + GOOD + b"\n\n" + line + b"\n" + GOOD))
    assert [each.path for each in found] == [tmp_path / "good.wav", None, tmp_path / "good.wav"]
    assert found[1].reason.startswith(f"line 4: {reason}")
    assert len(found[1].text) <= MAX_SHOWN


@pytest.mark.parametrize("name", ["a.txt", "a.m3u8"])
@pytest.mark.parametrize(
    "line", [b"~x.wav", b"~nobody-of-this-name/x.wav", b"x\xff.wav", b"-x.wav", b"a:b.wav"]
)
def test_every_name_is_only_a_name(tmp_path: Path, name: str, line: bytes) -> None:
    found = entries_of(written(tmp_path, name, line + b"\n" + GOOD))
    assert [each.path for each in found] == [tmp_path / os.fsdecode(line), tmp_path / "good.wav"]


def test_a_home_folder_and_the_bytes_of_an_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/x")
    assert paths(tmp_path, "a.txt", "~/a.wav\nfile:///t/a%FF.wav\n") == [
        Path("/home/x/a.wav"), Path(os.fsdecode(b"/t/a\xff.wav")),
    ]  # fmt: skip


def test_a_list_may_be_utf_16(tmp_path: Path) -> None:
    assert paths(tmp_path, "a.txt", "zażółć.mp3\r\nb.wav".encode("utf-16")) == [
        tmp_path / "zażółć.mp3", tmp_path / "b.wav",
    ]  # fmt: skip


def test_what_is_wrong_with_an_enclosure_costs_that_one(tmp_path: Path) -> None:
    content = feed(
        *(f"<enclosure url='{url}'/>" for url in ("file://[x", "a%00b", "~x.wav", "x" * 5000, "b%FF.mp3"))
    )
    found = entries_of(written(tmp_path, "feed.xml", content))
    assert [each.reason for each in found] == [
        "enclosure 1: no address: Invalid IPv6 URL", "enclosure 2: no file can have this name", "",
        "enclosure 4: no file can have this name", "",
    ]  # fmt: skip
    assert found[4].path == tmp_path / os.fsdecode(b"b\xff.mp3")


def test_what_is_a_list(tmp_path: Path) -> None:
    assert is_list(written(tmp_path, "A.M3U", "x"))
    assert not is_list(written(tmp_path, "a.mp3", "x"))
    (tmp_path / "folder.txt").mkdir()
    assert not is_list(tmp_path / "folder.txt")
