"""Thirty questions by meaning over the three talks: how many are answered by words alone, and with meaning.

Needs a server with a model of text vectors on this machine:

    python benchmarks/meaning.py 'http://127.0.0.1:11434 embeddinggemma'
"""

from __future__ import annotations

import re
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from transcribe.archive.index import Archive
from transcribe.archive.keep import add
from transcribe.archive.meaning import ASK_S, make_vectors, near
from transcribe.archive.pieces import written
from transcribe.archive.query import read_query
from transcribe.archive.reader import NAME, Reader
from transcribe.archive.search import Hit, search
from transcribe.core.episode import Segment, Word
from transcribe.core.settings import SubtitleSettings
from transcribe.formats import document
from transcribe.formats.example import example_episode

TALKS = Path(__file__).with_name("talks")
MOST = 5
WORD_MS = 400

QUESTIONS = (
    ("en", "how to preserve sourdough culture while travelling", "spread a spoonful of it on baking paper"),
    ("en", "who ate his unsuccessful attempts", "fed most of it to the ducks"),
    ("en", "why should ingredients be measured by mass", "A cup of flour can be a hundred and twenty"),
    ("en", "signs that mixing was sufficient", "Bakers call this the window"),
    ("en", "influence of mountains on rising", "In Denver the air is thin"),
    ("en", "why refrigerators ruin it", "a fridge is the worst place"),
    ("en", "chemistry of browning", "whose name was Maillard"),
    ("en", "substitute for professional vapour equipment", "heavy iron pot with a lid"),
    ("en", "alcoholic beverages made from leftovers", "A brewery in London"),
    ("en", "genetic study of microbes across continents", "Scientists from Boston collected"),
    ("pl", "jak bezpiecznie przechowywać sekrety do logowania", "To jest taki sejf, który wymyśla"),
    ("pl", "przeszkody osłabiające łączność bezprzewodową", "Fale radiowe nie lubią"),
    ("pl", "kradzież danych z aplikacji przechowującej loginy", "włamano się do firmy LastPass"),
    ("pl", "programy żądające pieniędzy za odblokowanie komputera", "Wirus szyfruje wszystkie pliki"),
    ("pl", "utrata rodzinnych pamiątek przez żywioł", "Moja ciotka straciła w powodzi"),
    ("pl", "kiedy nastolatkowi wolno założyć profil", "Australia podniosła ją"),
    ("pl", "losowe nagrody płatne w rozrywce dla najmłodszych", "Belgia zakazała takich skrzynek"),
    ("pl", "globalny atak złośliwego oprogramowania na domowy sprzęt", "wirus o nazwie VPNFilter"),
    ("pl", "jakiej przepustowości wymaga oglądanie seriali", "Film w jakości 4K"),
    ("pl", "blokowanie nieodpowiednich witryn", "zmianę serwerów DNS"),
    ("de", "Warum ist Fliegen billiger", "Ein Flug von Berlin nach Paris"),
    ("de", "Herzschmerz als Anlass einer Auslandsreise", "Er war unglücklich verliebt"),
    ("de", "eingeschneite Passagiere", "fünf Tage lang im Schnee stecken"),
    ("de", "Tipps gegen Lärm beim Schlummern", "Ohrstöpsel gehören in jede Tasche"),
    ("de", "unterschiedliche Spannungen je Staat", "15000 Volt an der Oberleitung"),
    ("de", "Radmitnahme", "Wer ein Fahrrad mitnimmt"),
    ("de", "breitere Gleise im Ausland", "liegen die Schienen weiter auseinander"),
    ("de", "Ökobilanz verglichen mit Fliegen", "20 Kilogramm Kohlendioxid"),
    ("de", "enge Unterkunft nach asiatischem Vorbild", "Eine Kapsel ist 1,90 Meter lang"),
    ("de", "durchgehende Tickets quer über den Kontinent", "Eine Fahrt von Hamburg nach Barcelona"),
)
"""Language, question, and words that stand in the passage which answers it."""


def main(chosen: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "archive" / NAME
        talks = [talk(Path(folder), language) for language in ("en", "pl", "de")]
        with Archive(file) as archive:
            add(archive, talks)
        print(f"{make_vectors(file, chosen)} passages")
        with Reader(file) as reader:
            told = {"words alone": 0, "words and meaning": 0}
            for language, question, answer in QUESTIONS:
                query = read_query(f"{question} lang:{language}")
                found, note = near(reader, chosen, query, f"{question} lang:{language}", ASK_S)
                assert not note, note
                hits = {
                    "words alone": search(reader, query, MOST),
                    "words and meaning": search(reader, query, MOST, near=found),
                }
                good = {
                    name: any(is_in(reader, each, answer) for each in these) for name, these in hits.items()
                }
                for name, each in good.items():
                    told[name] += each
                if not good["words and meaning"]:
                    print(f"not found: {question}")
        for name, number in told.items():
            print(f"{name}: {number} of {len(QUESTIONS)} among the first {MOST}")


def talk(folder: Path, language: str) -> Path:
    """The document of a talk, a word every 0.4 s."""
    said = re.sub(r"^#.*$", "", (TALKS / f"{language}.md").read_text("utf-8"), flags=re.MULTILINE)
    words = [Word(at * WORD_MS, at * WORD_MS + WORD_MS, each, 0.9) for at, each in enumerate(said.split())]
    base = example_episode()
    segment = Segment(0, words[-1].end_ms, tuple(words), 0)

    spoken = replace(base.transcript.language, code=language) if base.transcript.language else None
    made = replace(
        base, transcript=replace(base.transcript, segments=(segment,), language=spoken), notes=None
    )
    path = folder / f"{language}.json"
    path.write_bytes(document.write(made, SubtitleSettings()))
    return path


def is_in(reader: Reader, hit: Hit, answer: str) -> bool:
    """Whether a place is in the passage that answers."""
    for (number,) in reader.rows("select id from texts"):
        words, starts = reader.text(number)
        whole = hit.start_ms == starts[0] if hit.by == "meaning" else starts[0] <= hit.start_ms <= starts[-1]
        if whole and answer in written(words):
            (document_path,) = reader.rows(
                "select e.document from episodes e join passages p on p.episode = e.id where p.id = ?", number
            )
            if document_path[0].decode() == hit.document:
                return True
    return False


if __name__ == "__main__":
    main(sys.argv[1])
