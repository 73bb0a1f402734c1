import subprocess
import sys
from pathlib import Path

import pytest
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from aggregator.text.language import _identifier, detect, direction, spoken

TEXTS = [
    ("en", "The old bridge over the river is closed until further notice, the harbour office said on Monday."),
    (
        "de",
        "Die alte Brücke über den Fluss bleibt bis auf weiteres geschlossen, sagte die Hafenverwaltung am Montag.",
    ),
    ("fr", "Le vieux pont sur la rivière reste fermé jusqu'à nouvel ordre, a annoncé lundi la direction du port."),
    ("ru", "Старый мост через реку закрыт до дальнейшего уведомления, сообщило в понедельник управление порта."),
    ("ja", "川にかかる古い橋は当分の間閉鎖されると、港湾事務所が月曜日に発表しました。市長は残念だと述べた。"),
]


@pytest.mark.parametrize(("language", "text"), TEXTS)
def test_a_sentence_is_enough_to_tell_the_language(language: str, text: str) -> None:
    assert detect(text) == language


def test_short_or_wordless_texts_have_no_language() -> None:
    assert detect("Bridge closed") is None
    assert detect("1234567890 " * 30) is None
    assert detect("https://heron.example/a/very/long/address/that/says/nothing/of/any/language/at/all/really") is None


def test_the_direction_is_that_of_the_text_not_of_a_wrong_declaration() -> None:
    assert direction("en", "الجسر القديم مغلق") == "rtl"
    assert direction("ar", "The bridge is closed") == "ltr"


def test_a_foreign_name_at_the_start_does_not_turn_the_text() -> None:
    assert direction(None, "BBC: الجسر القديم مغلق حتى إشعار آخر") == "rtl"


def test_without_letters_the_language_decides() -> None:
    assert direction("he-IL", "123") == "rtl"
    assert direction("de", "123") == direction(None, "") == "ltr"


def test_the_identifier_is_loaded_only_when_asked() -> None:
    code = "import aggregator.text.language, sys; sys.exit('py3langid' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("text", "declared", "language"),
    [
        ("The harbour bridge was closed on Monday after a barge loaded with gravel struck one of its pillars", "de", "en"),
        ("The harbour bridge was closed on Monday after a barge loaded with gravel struck one of its pillars", None, "en"),
        ("The harbour bridge was closed on Monday after a barge loaded with gravel struck one of its pillars", "en-GB", "en-GB"),
        ("Die Hafenbrücke wurde am Montag gesperrt, nachdem ein Kahn mit Kies gegen einen Pfeiler gefahren war", "en-us", "de"),
        ("Havnebroen ble stengt mandag etter at en lekter lastet med grus kjørte inn i en av bropilarene", "nb", "nb"),
        ("Bridge closed", "fi", "fi"),
        ("Bridge closed", None, None),
    ],
)  # fmt: skip
def test_a_text_that_tells_its_language_is_believed_before_its_feed(
    text: str, declared: str | None, language: str | None
) -> None:
    assert spoken(text, declared) == language


def test_the_identifier_judges_as_the_librarys_own_reader_of_its_model_would() -> None:
    own = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    assert _identifier().labels == own.labels
    for _, text in TEXTS:
        assert _identifier().rank(text) == own.rank(text)


def judged_by(code: str) -> str:
    """What a program of its own prints, whose `judge` says what language the first of the texts is in."""
    judge = f"from aggregator.text.language import detect, put_aside\ndef judge(): return detect({TEXTS[0][1]!r})\n"
    return subprocess.run([sys.executable, "-c", judge + code], capture_output=True, text=True, check=True).stdout


def test_without_room_for_a_large_file_languages_are_told_all_the_same() -> None:
    code = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000)); print(judge())"
    assert judged_by(code) == "en\n"


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is told otherwise here")
def test_what_is_put_aside_takes_no_memory_until_it_is_asked_again() -> None:
    code = """
from pathlib import Path
def megabytes(): return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 // 10**6
put_aside()
before, first, with_it = megabytes(), judge(), megabytes()
put_aside()
print(first, with_it - before > 40, with_it - megabytes() > 20, judge())
"""
    assert judged_by(code) == "en True True en\n"
