"""Headings of show notes and the line that discloses a language model, in the language of the notes.

The disclosure is for readers of published text (Regulation (EU) 2024/1689, Article 50 (4)); the marks
for machines (Article 50 (2)) stand in the templates.
"""

from __future__ import annotations

from transcribe.core.show_notes import Authorship

LABELS: dict[str, dict[str, str]] = {
    "en": {
        "summary": "Summary", "takeaways": "Takeaways", "chapters": "Chapters", "quotes": "Quotes",
        "people": "People", "hosts": "Hosts", "guests": "Guests", "resources": "Mentioned",
        "places": "Places", "links": "Links", "keywords": "Keywords", "sponsor": "Sponsor",
        "transcript": "Transcript", "check": "please check", "todo": "TODO link",
    },
    "pl": {
        "summary": "Streszczenie", "takeaways": "Najważniejsze", "chapters": "Rozdziały", "quotes": "Cytaty",
        "people": "Osoby", "hosts": "Prowadzący", "guests": "Goście", "resources": "Wspomniane",
        "places": "Miejsca", "links": "Odnośniki", "keywords": "Słowa kluczowe", "sponsor": "Sponsor",
        "transcript": "Transkrypcja", "check": "do sprawdzenia", "todo": "TODO odnośnik",
    },
    "de": {
        "summary": "Zusammenfassung", "takeaways": "Das Wichtigste", "chapters": "Kapitel",
        "quotes": "Zitate", "people": "Personen", "hosts": "Moderation", "guests": "Zu Gast",
        "resources": "Erwähnt", "places": "Orte", "links": "Links",
        "keywords": "Stichwörter", "sponsor": "Sponsor", "transcript": "Transkript",
        "check": "bitte prüfen", "todo": "TODO Link",
    },
    "es": {
        "summary": "Resumen", "takeaways": "Ideas clave", "chapters": "Capítulos", "quotes": "Citas",
        "people": "Personas", "hosts": "Presentan", "guests": "Invitados", "resources": "Mencionado",
        "places": "Lugares", "links": "Enlaces", "keywords": "Palabras clave", "sponsor": "Patrocinador",
        "transcript": "Transcripción", "check": "por comprobar", "todo": "TODO enlace",
    },
    "fr": {
        "summary": "Résumé", "takeaways": "À retenir", "chapters": "Chapitres", "quotes": "Citations",
        "people": "Personnes", "hosts": "Présentation", "guests": "Invités", "resources": "Mentionné",
        "places": "Lieux", "links": "Liens", "keywords": "Mots-clés", "sponsor": "Partenaire",
        "transcript": "Transcription", "check": "à vérifier", "todo": "TODO lien",
    },
    "it": {
        "summary": "Riassunto", "takeaways": "Punti chiave", "chapters": "Capitoli", "quotes": "Citazioni",
        "people": "Persone", "hosts": "Conducono", "guests": "Ospiti", "resources": "Citati",
        "places": "Luoghi", "links": "Link", "keywords": "Parole chiave", "sponsor": "Sponsor",
        "transcript": "Trascrizione", "check": "da verificare", "todo": "TODO link",
    },
    "pt": {
        "summary": "Resumo", "takeaways": "Ideias principais", "chapters": "Capítulos", "quotes": "Citações",
        "people": "Pessoas", "hosts": "Apresentação", "guests": "Convidados", "resources": "Mencionado",
        "places": "Lugares", "links": "Links", "keywords": "Palavras-chave", "sponsor": "Patrocínio",
        "transcript": "Transcrição", "check": "a verificar", "todo": "TODO link",
    },
    "uk": {
        "summary": "Стислий зміст", "takeaways": "Головне", "chapters": "Розділи", "quotes": "Цитати",
        "people": "Люди", "hosts": "Ведучі", "guests": "Гості", "resources": "Згадано",
        "places": "Місця", "links": "Посилання", "keywords": "Ключові слова", "sponsor": "Спонсор",
        "transcript": "Розшифровка", "check": "перевірте", "todo": "TODO посилання",
    },
    "ja": {
        "summary": "概要", "takeaways": "要点", "chapters": "チャプター", "quotes": "発言",
        "people": "人物", "hosts": "司会", "guests": "ゲスト", "resources": "話題に出たもの",
        "places": "場所", "links": "リンク", "keywords": "キーワード", "sponsor": "スポンサー",
        "transcript": "文字起こし", "check": "要確認", "todo": "TODO リンク",
    },
}  # fmt: skip
"""Headings by language; English stands in for every other one."""

DISCLOSURES = {
    "en": "Parts of these notes were written by a language model and checked against the transcript.",
    "pl": "Części tego opisu napisał model językowy; porównano je z transkrypcją.",
    "de": "Teile dieser Notizen hat ein Sprachmodell geschrieben; sie wurden mit dem Transkript verglichen.",
    "es": "Un modelo de lenguaje escribió partes de estas notas; se compararon con la transcripción.",
    "fr": "Un modèle de langage a écrit une partie de ces notes, comparées ensuite à la transcription.",
    "it": "Un modello linguistico ha scritto parti di queste note, poi confrontate con la trascrizione.",
    "pt": "Partes destas notas foram escritas por um modelo de linguagem e comparadas com a transcrição.",
    "uk": "Частини цих нотаток написала мовна модель; їх звірено з розшифровкою.",
    "ja": "この概要の一部は言語モデルが作成し、文字起こしと照合されています。",
}
"""What `disclosure = auto` says, by language. It claims what the program does and no more."""

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ps", "sd", "ur", "yi"})
"""Whisper's codes of languages written from right to left."""


def labels_in(language: str) -> dict[str, str]:
    """The headings in a language (Whisper's code), in English where it is not known."""
    return LABELS.get(language, LABELS["en"])


def label_language(language: str) -> str:
    """The language `labels_in` answers in."""
    return language if language in LABELS else "en"


def disclosure_of(authorship: Authorship, language: str) -> str:
    """The line that tells readers a model wrote text; empty where none did, or where none is wanted."""
    wanted = authorship.disclosure.strip()
    if not authorship.generated or wanted.lower() == "none":
        return ""
    return DISCLOSURES.get(language, DISCLOSURES["en"]) if wanted.lower() in ("", "auto") else wanted


def direction_of(language: str) -> str:
    """`rtl` or `ltr`, for the `dir` of HTML."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"
