"""Chapters of every container: made by ffmpeg, or by hand where it cannot write them."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from transcribe.engines.ffmpeg import Ffmpeg
from transcribe.pipeline.chapters import id3, matroska, mp4, vorbis, wav
from transcribe.pipeline.chapters.comments import of_cue_sheet, of_tags
from transcribe.pipeline.chapters.found import Found
from transcribe.pipeline.stages.probe import probe

MakeMedia = Callable[..., Path]

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256))
SOUND = ("-f", "lavfi", "-i", "sine=frequency=440:duration=6")
LIST = """;FFMETADATA1
title=Talk
[CHAPTER]
TIMEBASE=1/1000
START=0
END=2500
title=Anfang \\= ü
[CHAPTER]
TIMEBASE=1/1000
START=2500
END=6000
title=二
"""


def read_back(path: Path, ffmpeg: Ffmpeg) -> list[tuple[int, str]]:
    return [(each.start_ms, each.title) for each in probe(path, None, ffmpeg).chapters]


@pytest.mark.parametrize("name", ["a.mp3", "a.m4a", "a.m4b", "a.mp4", "a.mov", "a.mkv", "a.mka", "a.webm"])
def test_chapters_that_ffmpeg_writes_are_read(
    ffmpeg: Ffmpeg, make_media: MakeMedia, tmp_path: Path, name: str
) -> None:
    listed = tmp_path / "list.txt"
    listed.write_text(LIST, "utf-8")
    path = make_media(
        name, *SOUND, "-i", str(listed), "-map_metadata", "1", "-map_chapters", "1", "-strict", "-2"
    )
    found = read_back(path, ffmpeg)
    assert [title for _, title in found] == ["Anfang = ü", "二"]
    assert found[0][0] == 0
    assert found[1][0] == pytest.approx(2500, abs=25)


COMMENTS = {
    "CHAPTER001": "00:00:00.000", "CHAPTER001NAME": "Anfang = ü", "CHAPTER001URL": "https://e.org/?a=b",
    "CHAPTER002": "00:00:02.500", "CHAPTER002NAME": "二", "CHAPTER002URL": "javascript:alert(1)",
}  # fmt: skip


@pytest.mark.parametrize("name", ["a.ogg", "a.opus", "a.flac", "a.wv", "a.mka"])
def test_chapters_in_comments_are_read_with_their_links(
    ffmpeg: Ffmpeg, make_media: MakeMedia, name: str
) -> None:
    tags = [word for key, value in COMMENTS.items() for word in ("-metadata", f"{key}={value}")]
    source = probe(make_media(name, *SOUND, *tags, "-metadata", "title=Talk", "-strict", "-2"), None, ffmpeg)
    assert [(each.start_ms, each.title, each.url) for each in source.chapters] == [
        (0, "Anfang = ü", "https://e.org/?a=b"), (2500, "二", ""),
    ]  # fmt: skip
    assert dict(source.tags) == {"title": "Talk"}


CUE = """PERFORMER "X"
TITLE "The whole"
FILE "a.flac" WAVE
  TRACK 01 AUDIO
    TITLE "Eins"
    INDEX 00 00:00:00
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    TITLE Zwei drei
    INDEX 01 00:02:37
  TRACK 03 AUDIO
    INDEX 01 61:00:00
"""


def test_a_cue_sheet_in_a_tag_is_read(ffmpeg: Ffmpeg, make_media: MakeMedia) -> None:
    path = make_media("a.flac", *SOUND, "-metadata", f"CUESHEET={CUE}")
    assert read_back(path, ffmpeg) == [(0, "Eins"), (2493, "Zwei drei"), (3_660_000, "Chapter 3")]
    assert list(of_cue_sheet("INDEX 01 00:00:00\nTRACK 1\nx")) == []


def test_links_of_chapters_that_are_counted_from_0_or_from_1() -> None:
    known = [Found(0, title="a"), Found(5, title="b")]
    assert [each.url for each in of_tags({"chapter000url": "x", "chapter001url": "y"}, known)] == ["x", "y"]
    assert [each.url for each in of_tags({"chapter001url": "x"}, known)] == ["x", ""]
    assert of_tags({"chapter001": "soon", "chapter002": "1:2"}, ()) == ()


@pytest.mark.parametrize("name", ["a.ogg", "a.opus", "a.flac", "a.oga"])
@pytest.mark.parametrize("first", [0, 1])
def test_a_link_stays_with_its_chapter(ffmpeg: Ffmpeg, make_media: MakeMedia, name: str, first: int) -> None:
    """Whatever number the first one has, whichever have links, and in whatever order they stand."""
    tags = {"TITLE": "Talk " * 20_000}
    for number in (2, 0, 1):
        tags[f"CHAPTER{number + first:03d}"] = f"00:00:0{number}.500"
        tags[f"CHAPTER{number + first:03d}NAME"] = f"Part {number}"
    tags[f"CHAPTER{first + 1:03d}URL"] = "https://e.org/1"
    words = [word for key, value in tags.items() for word in ("-metadata", f"{key}={value}")]
    codec = ("-c:a", "flac") if name == "a.oga" else ()
    source = probe(make_media(name, *SOUND, *words, *codec, "-strict", "-2"), None, ffmpeg)
    assert [(each.start_ms, each.title, each.url) for each in source.chapters] == [
        (500, "Part 0", ""), (1500, "Part 1", "https://e.org/1"), (2500, "Part 2", ""),
    ]  # fmt: skip


@pytest.mark.parametrize("cut", range(0, 400, 13))
def test_damaged_comments_have_no_chapters(make_media: MakeMedia, cut: int) -> None:
    for name in ("a.ogg", "a.flac"):
        path = make_media(name, *SOUND, "-t", "0.1", "-metadata", "CHAPTER001=00:00:00.000", "-strict", "-2")
        path.write_bytes(path.read_bytes()[:cut])
        assert vorbis.read(path) in ((), (Found(0),))


# WAV


def cue_points(*points: tuple[int, int, bytes | None]) -> bytes:
    """A chunk of cue points, and one of labels, for some of them."""
    cues = b"".join(struct.pack("<II4sIII", key, 0, b"data", 0, 0, sample) for key, sample, _ in points)
    labels = b"adtl"
    for key, _, label in points:
        if label is not None:
            text = struct.pack("<I", key) + label + b"\0"
            labels += b"labl" + struct.pack("<I", len(text)) + text + b"\0" * (len(text) % 2)
    body = struct.pack("<I", len(points)) + cues
    return b"cue " + struct.pack("<I", len(body)) + body + b"LIST" + struct.pack("<I", len(labels)) + labels


@pytest.mark.parametrize("rf64", ["never", "always"])
@pytest.mark.parametrize("seconds", [2, 1.999])
def test_cue_points_with_labels_are_chapters(
    ffmpeg: Ffmpeg, make_media: MakeMedia, rf64: str, seconds: float
) -> None:
    path = make_media("a.wav", *SOUND, "-t", str(seconds), "-ar", "48000", "-rf64", rf64, "-c:a", "pcm_u8")
    points = cue_points(
        (7, 72_000, "Café ✓".encode()), (2, 0, b"Caf\xe9"), (3, 48_000, None), (9, 80_000, b"")
    )
    content = path.read_bytes()
    path.write_bytes(content + b"\0" * (len(content) % 2) + points)
    assert [(each.start_ms, each.title) for each in probe(path, None, ffmpeg).chapters] == [
        (0, "Café"), (1500, "Café ✓"),
    ]  # fmt: skip


@pytest.mark.parametrize("cut", range(0, 200, 7))
def test_damaged_cue_points_are_no_chapters(tmp_path: Path, cut: int) -> None:
    head = struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8)
    body = b"WAVEfmt " + struct.pack("<I", 16) + head + cue_points((1, 0, b"a"), (1 << 31, 1 << 31, b"b"))
    path = tmp_path / "a.wav"
    path.write_bytes((b"RIFF" + struct.pack("<I", len(body)) + body)[:cut])
    assert len(wav.read(path)) <= 2


# ID3


def syncsafe(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def frame(name: bytes, content: bytes, version: int = 3, flags: bytes = b"\0\0") -> bytes:
    size = syncsafe(len(content)) if version == 4 else struct.pack(">I", len(content))
    return name + size + flags + content


def id3_tag(*frames: bytes, version: int = 3, flags: int = 0) -> bytes:
    body = b"".join(frames)
    if flags & 0x80 and version == 3:
        body = body.replace(b"\xff\0", b"\xff\0\0")
    return b"ID3" + bytes([version, 0, flags]) + syncsafe(len(body)) + body


def chap(key: bytes, start: int, end: int, *inside: bytes, version: int = 3) -> bytes:
    times = struct.pack(">4I", start, end, 0xFFFFFFFF, 0xFFFFFFFF)
    return frame(b"CHAP", key + b"\0" + times + b"".join(inside), version)


def toc(*keys: bytes, version: int = 3) -> bytes:
    return frame(b"CTOC", b"toc\0\3" + bytes([len(keys)]) + b"".join(key + b"\0" for key in keys), version)


def test_more_chapters_than_a_table_can_count(tmp_path: Path) -> None:
    keys = [f"c{number}".encode() for number in range(600)]
    counted = frame(b"CTOC", b"toc\0\3" + bytes([600 % 256]) + b"".join(key + b"\0" for key in keys))
    path = tmp_path / "a.mp3"
    frames = [chap(key, 1000 * number, 1000 * number + 1) for number, key in enumerate(keys)]
    for table in (counted, toc(*keys[:255])):
        path.write_bytes(id3_tag(table, *frames))
        assert [each.start_ms for each in id3.read(path)] == [1000 * number for number in range(600)]
    path.write_bytes(id3_tag(toc(*keys[:3]), *frames[:255]))
    assert len(id3.read(path)) == 3


@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize("encoding", [0, 1, 2, 3])
def test_titles_links_and_pictures_in_every_encoding(tmp_path: Path, version: int, encoding: int) -> None:
    codec = ["latin-1", "utf-16", "utf-16-be", "utf-8"][encoding]
    end = b"\0\0" if encoding in (1, 2) else b"\0"

    def text(value: str) -> bytes:
        return bytes([encoding]) + value.encode(codec)

    inside = (
        frame(b"TIT2", text("Gäste Ā" if encoding else "Gäste"), version),
        frame(b"WXXX", text("Āb"[not encoding :]) + end + b"https://e.org/b", version),
        frame(
            b"APIC",
            bytes([encoding]) + b"image/jpeg\0\0" + "Āb"[not encoding :].encode(codec) + end + JPEG,
            version,
        ),
    )
    path = tmp_path / "a.mp3"
    path.write_bytes(
        id3_tag(toc(b"one"), chap(b"one", 1000, 2000, *inside, version=version), version=version)
    )
    (found,) = id3.read(path)
    assert found == Found(1000, 2000, "Gäste Ā" if encoding else "Gäste", "https://e.org/b", "", JPEG)


def test_an_unsynchronised_tag_gives_its_pictures_back(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    picture = frame(b"APIC", b"\0image/jpeg\0\0\0" + JPEG + b"\xff\0\xff")
    path.write_bytes(id3_tag(chap(b"one", 0, 1, picture), flags=0x80))
    assert id3.read(path)[0].picture == JPEG + b"\xff\0\xff"


def test_hidden_chapters_are_those_that_no_table_names(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    chapters = (chap(b"b", 2000, 3000), chap(b"hidden", 2500, 3000), chap(b"a", 0, 2000))
    path.write_bytes(id3_tag(toc(b"a", b"b"), *chapters))
    assert sorted(each.start_ms for each in id3.read(path)) == [0, 2000]
    path.write_bytes(id3_tag(*chapters))
    assert len(id3.read(path)) == 3
    path.write_bytes(id3_tag(toc(b"gone"), *chapters))
    assert len(id3.read(path)) == 3


def test_a_picture_may_be_an_address(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(id3_tag(chap(b"a", 0, 1, frame(b"APIC", b"\0-->\0\0\0https://e.org/x.png"))))
    assert (id3.read(path)[0].image, id3.read(path)[0].picture) == ("https://e.org/x.png", b"")


@pytest.mark.parametrize(
    "content",
    [
        b"", b"ID3", b"ID3\3\0\0" + b"\x7f" * 4, id3_tag(frame(b"CHAP", b"x")), id3_tag(frame(b"CTOC", b"")),
        id3_tag(chap(b"a", 0, 1, b"TIT2\xff\xff\xff\xff\0\0")), b"ID3\2\0\0\0\0\0\0", id3_tag(b"TIT2\0"),
        id3_tag(chap(b"a", 0xFFFFFFFF, 0xFFFFFFFF)),
    ],
)  # fmt: skip
def test_damaged_tags_have_no_chapters(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(content)
    assert id3.read(path) == ()


# MP4


def box(name: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), name) + body


def track(number: int, kind: bytes, samples: Sequence[bytes], at: int, refers: bytes = b"") -> bytes:
    """A track with one chunk, each sample of 2 s."""
    count = len(samples)
    table = box(
        b"stbl",
        box(b"stts", struct.pack(">4I", 0, 1, count, 2000)),
        box(b"stsc", struct.pack(">5I", 0, 1, 1, count, 1)),
        box(b"stsz", struct.pack(">3I", 0, 0, count), *(struct.pack(">I", len(each)) for each in samples)),
        box(b"stco", struct.pack(">3I", 0, 1, at)),
    )
    media = box(
        b"mdia",
        box(b"mdhd", struct.pack(">5I", 0, 0, 0, 1000, 2000 * count)),
        box(b"hdlr", bytes(8) + kind + bytes(12)),
        box(b"minf", table),
    )
    head = box(b"tkhd", struct.pack(">4I", 0, 0, 0, number) + bytes(68))
    return box(b"trak", head, box(b"tref", refers) if refers else b"", media)


def text_sample(title: str, link: str = "", codec: str = "utf-8") -> bytes:
    said = title.encode(codec)
    address = link.encode()
    href = box(b"href", struct.pack(">2HB", 0, len(title), len(address)) + address + b"\0") if link else b""
    return struct.pack(">H", len(said)) + said + href


def mp4_file(texts: Sequence[bytes], images: Sequence[bytes] = (), *more: bytes) -> bytes:
    head = box(b"ftyp", b"M4A \0\0\0\0")
    data = box(b"mdat", *texts, *images)
    at = len(head) + 8
    refers = box(b"chap", struct.pack(">2I", 2, 3))
    moov = box(
        b"moov",
        track(1, b"soun", [], 0, refers),
        track(2, b"text", texts, at),
        track(3, b"vide", images, at + sum(map(len, texts))) if images else b"",
        *more,
    )
    return head + data + moov


def nero(*marks: tuple[int, str]) -> bytes:
    listed = [struct.pack(">QB", ms * 10_000, len(title.encode())) + title.encode() for ms, title in marks]
    return box(b"udta", box(b"chpl", b"\1\0\0\0\0\0\0\0", bytes([len(marks)]), *listed))


def test_a_text_track_with_links_and_a_track_of_pictures(tmp_path: Path) -> None:
    path = tmp_path / "a.m4a"
    texts = [text_sample("Anfang", "https://e.org/a"), text_sample("二", codec="utf-16"), text_sample("")]
    path.write_bytes(mp4_file(texts, [JPEG, JPEG + b"2", JPEG]))
    assert mp4.read(path) == (
        Found(0, title="Anfang", url="https://e.org/a", picture=JPEG),
        Found(2000, title="二", picture=JPEG + b"2"),
        Found(4000, title="", picture=JPEG),
    )


def test_the_list_of_nero_where_there_is_no_track_or_a_shorter_one(tmp_path: Path) -> None:
    path = tmp_path / "a.m4a"
    path.write_bytes(mp4_file([], (), nero((0, "Anfang"), (2500, ""), (4000, "Ende ü"))))
    assert mp4.read(path) == (Found(0, title="Anfang"), Found(2500), Found(4000, title="Ende ü"))
    texts = [text_sample("Anfang", "https://e.org/a")]
    path.write_bytes(mp4_file(texts, (), nero((0, "Anfang"), (2500, ""))))
    assert mp4.read(path) == (Found(0, title="Anfang", url="https://e.org/a"), Found(2500))


def test_damaged_boxes_have_no_chapters(tmp_path: Path) -> None:
    path = tmp_path / "a.m4a"
    whole = mp4_file([text_sample("Anfang")], [JPEG], nero((0, "x")))
    for cut in range(0, len(whole), 7):
        path.write_bytes(whole[:cut])
        mp4.read(path)
    for at in range(len(whole) - 600, len(whole)):
        path.write_bytes(whole[:at] + b"\xff" + whole[at + 1 :])
        mp4.read(path)
    path.write_bytes(b"\0\0\0\1moov" + b"\xff" * 8)
    assert mp4.read(path) == ()


# Matroska


def element(name: int, content: bytes) -> bytes:
    return name.to_bytes((name.bit_length() + 7) // 8) + (len(content) | 1 << 56).to_bytes(8) + content


def number(name: int, value: int) -> bytes:
    return element(name, value.to_bytes(8))


def atom(start_ms: int, title: str, *inside: bytes) -> bytes:
    shown = element(matroska.DISPLAY, element(matroska.TITLE, title.encode())) if title else b""
    return element(matroska.ATOM, number(matroska.START, start_ms * 1_000_000) + shown + b"".join(inside))


def edition(*inside: bytes, default: int = 0) -> bytes:
    return element(matroska.EDITION, number(matroska.EDITION_DEFAULT, default) + b"".join(inside))


def mkv(*editions: bytes, before: bytes = b"") -> bytes:
    chapters = element(matroska.CHAPTERS, b"".join(editions))
    return element(matroska.EBML, b"") + element(matroska.SEGMENT, before + chapters)


def test_nested_chapters_are_kept_and_hidden_ones_are_not(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    part = atom(0, "Teil 1", atom(0, "Anfang"), atom(1000, "Mitte", atom(1500, "tief")))
    hidden = atom(2000, "geheim", number(matroska.HIDDEN, 1))
    off = atom(2500, "aus", number(matroska.ENABLED, 0))
    path.write_bytes(mkv(edition(part, hidden, off, atom(3000, ""))))
    assert [(each.start_ms, each.title) for each in matroska.read(path)] == [
        (0, "Teil 1: Anfang"), (1000, "Mitte"), (1500, "tief"), (3000, ""),
    ]  # fmt: skip


def test_the_default_edition_counts(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    path.write_bytes(mkv(edition(atom(0, "eine")), edition(atom(0, "andere"), default=1)))
    assert [each.title for each in matroska.read(path)] == ["andere"]


def test_chapters_behind_the_sound_are_found_by_the_index(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"

    def file(place: int) -> bytes:
        seek = element(
            matroska.SEEK, number(matroska.SEEK_ID, matroska.CHAPTERS) + number(matroska.SEEK_POSITION, place)
        )
        index = element(matroska.SEEK_HEAD, seek)
        cluster = element(matroska.CLUSTER, bytes(1000))
        return mkv(edition(atom(7, "x")), before=index + cluster)

    path.write_bytes(file(0))
    place = file(0).index(matroska.CHAPTERS.to_bytes(4), 60 + 1000) - 24
    path.write_bytes(file(place))
    assert [each.start_ms for each in matroska.read(path)] == [7]


def test_damaged_elements_have_no_chapters(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    deep = atom(0, "x")
    for _ in range(50):
        deep = atom(0, "x", deep)
    whole = mkv(edition(deep))
    for at in range(0, len(whole), 11):
        path.write_bytes(whole[:at])
        matroska.read(path)
        path.write_bytes(whole[:at] + b"\xff\xff" + whole[at + 2 :])
        matroska.read(path)
