"""Search by meaning: passages get vectors by a server on this machine, and a question finds the nearest."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from transcribe.archive.pieces import words_of, written
from transcribe.archive.places import Near
from transcribe.archive.query import Query, title_words
from transcribe.archive.reader import Reader
from transcribe.archive.search import has_meaning
from transcribe.archive.vectors import Vectors, file_of, mark_of, numbers_of, read_vectors, write_vectors
from transcribe.core.errors import OutputError, TranscribeError
from transcribe.engines.llm.embeddings import Embedder, embedder_of

MAKE_S = 120.0
ASK_S = 10.0
"""How long the server may take for some passages, and for a question."""

AT_ONCE = 16
"""Passages in one request."""

SAVED = 64
"""Requests after which what was made is put down: a kill costs no more."""

NEAREST = 500
"""Passages that are looked at for a question."""

UPDATE = "Make them anew: transcribe archive update"


def make_vectors(
    archive: Path,
    chosen: str,
    tell: Callable[[int, int], None] = lambda _made, _all: None,
    most: int = sys.maxsize,
) -> int:
    """Give every passage of an archive a vector that has none; how many were made.

    Vectors of another model, and of what is not there any more, are removed.

    Args:
        chosen: The setting `meaning`; empty: nothing is made.
        most: How many are made at most.
        tell: Called with how many are made, and of how many.

    Raises:
        TranscribeError: The server does not answer as it should, or they cannot be written.
    """
    import numpy as np

    if not chosen:
        return 0
    embedder = embedder_of(chosen, MAKE_S)
    with Reader(archive) as reader:
        stored = {number: words for number, words in reader.each("select id, words from texts") if words}
    if not stored:
        return 0
    marks = {number: mark_of(words) for number, words in stored.items()}
    numbers = embedder.vectors(["1"], "passage").shape[1]
    file = file_of(archive, embedder.model)
    kept = Vectors.none(numbers)
    if file and numbers_of(file) == numbers:
        kept = read_vectors(file).only(marks)
    missing = sorted(stored.keys() - set(kept.passages.tolist()))[:most]
    made = 0
    for number, part in enumerate(_parts(missing), 1):
        found = embedder.vectors([written(words_of(stored[each])) for each in part], "passage")
        if found.shape[1] != numbers:
            raise OutputError(f"{embedder.model} gives vectors of {numbers} and of {found.shape[1]} numbers")
        of_part = np.array([marks[each] for each in part], np.uint64)
        kept = kept.joined(Vectors(np.array(part, np.int64), of_part, found))
        made += len(part)
        tell(made, len(missing))
        if number % SAVED == 0:
            write_vectors(archive, embedder.model, kept)
    write_vectors(archive, embedder.model, kept)
    return made


def nearest(reader: Reader, embedder: Embedder, question: str) -> list[tuple[int, float]]:
    """The passages whose meaning is nearest to a question: number and cosine, the nearest first.

    Raises:
        TranscribeError: The server does not answer, or there are no vectors of its model.
    """
    import numpy as np

    file = file_of(reader.path, embedder.model)
    if file is None:
        raise OutputError(
            f"the archive has no vectors of the model {embedder.model}",
            "Make them: transcribe archive update",
        )
    (asked,) = embedder.vectors([question], "query")
    if len(asked) != numbers_of(file):
        raise OutputError(
            f"{embedder.model} gives vectors of {len(asked)} numbers, and those of the archive have "
            f"{numbers_of(file)}",
            UPDATE,
        )
    vectors = read_vectors(file)
    nearness = vectors.matrix @ asked
    order = np.argsort(-nearness, kind="stable")
    found = []
    for at in order[:NEAREST].tolist():
        number = int(vectors.passages[at])
        stored = reader.rows("select words from texts where id = ?", number)
        if stored and mark_of(stored[0][0]) == int(vectors.marks[at]):
            found.append((number, float(nearness[at])))
    return found


def near(reader: Reader, chosen: str, query: Query, question: str, seconds: float) -> tuple[Near, str]:
    """What is nearest to a question, and what people are told of it; else why only words are searched.

    Args:
        chosen: The setting `meaning`.
        seconds: How long the server may take.

    Raises:
        UsageError: The setting names no server of this machine.
    """
    if not has_meaning(query):
        return (), ""
    if not chosen:
        return (), "only words are searched; for meaning, too, see --meaning"
    embedder = embedder_of(chosen, seconds)
    try:
        found = nearest(reader, embedder, title_words(question))
        missing = _lacking(reader, embedder)
    except TranscribeError as error:
        return (), f"only words are searched: {error.what}. {error.hint}".rstrip()
    return found, f"{missing} passages have no vectors: transcribe archive update" if missing else ""


def _lacking(reader: Reader, embedder: Embedder) -> int:
    """How many passages have no vector of a model."""
    file = file_of(reader.path, embedder.model)
    ((count,),) = reader.rows("select count(*) from texts where words <> ''")
    return max(0, int(count) - (len(read_vectors(file).passages) if file else 0))


def _parts(passages: list[int]) -> Iterator[list[int]]:
    for at in range(0, len(passages), AT_ONCE):
        yield passages[at : at + AT_ONCE]
