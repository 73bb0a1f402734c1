"""The language of a text, and the direction in which it is read."""

from __future__ import annotations

import lzma
import mmap
import os
import re
import struct
import unicodedata
from functools import cache
from io import BytesIO
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import IO, Any, Literal
from zipfile import ZipFile

MIN_CHARACTERS = 60
"""Letters below which no guess is made: on titles alone the identifier errs too often."""

MAX_CHARACTERS = 2000
"""Characters that are looked at; more change nothing and cost time."""

MIN_CONFIDENCE = 0.8
"""Probability that a guess must reach, in [0, 1]."""

_ALIKE = tuple(
    frozenset(names.split())
    for names in (
        "no nb nn da sv",
        "hr bs sr sh sl",
        "id ms jv",
        "cs sk",
        "bg mk",
        "es gl ca pt oc",
        "tl fil",
        "ru uk be",
    )
)
"""Languages that the identifier takes for each other in a short text; between these the declaration counts."""

_RIGHT_TO_LEFT = frozenset(
    {"ar", "arc", "ckb", "dv", "fa", "he", "iw", "ks", "ku-arab", "ps", "sd", "syr", "ug", "ur", "yi"}
)
NAME_LENGTH = 26
"""Where in the header of a ZIP archive's member the lengths of its name and extra field stand (APPNOTE 4.3.7)."""
_ADDRESSES = re.compile(r"\S+(?:://|@)\S+")


def _identifier() -> Any:
    """The identifier of py3langid with probabilities; half a second to load, hence late."""
    return _loaded()[0]


@cache
def _loaded() -> tuple[Any, mmap.mmap | None]:
    """The identifier, and the file in view that its large tables stand in: 68 MB, gone with this process.

    The library's own reader takes 130 MB at the peak and 73 for good. Where the folder for temporary files has no room,
    memory has to have it.
    """
    from py3langid.langid import MODEL_DIR, MODEL_FILE  # noqa: PLC0415 - see above

    try:
        with lzma.open(MODEL_DIR / MODEL_FILE) as packed, TemporaryFile() as file:
            copyfileobj(packed, file, 1 << 20)
            file.flush()
            view = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            return _in_view(file, view), view
    except OSError:
        with lzma.open(MODEL_DIR / MODEL_FILE) as packed, BytesIO(packed.read()) as held:
            return _in_view(held, held.getvalue()), None


def _in_view(file: IO[bytes], view: mmap.mmap | bytes) -> Any:
    """The identifier of a model that is unpacked."""
    import numpy as np  # noqa: PLC0415
    from py3langid.langid import LanguageIdentifier  # noqa: PLC0415

    file.seek(0)
    with np.load(file) as model:
        return LanguageIdentifier(
            _table(file, view, "ptc.npy"),
            model["pc"],
            model["classes"].tolist(),
            memoryview(_table(file, view, "nextmove.npy")),
            model["out_feat"].tolist(),
            norm_probs=True,
            tk_row=memoryview(model["nextmove_row"]),
        )


def _table(file: IO[bytes], view: mmap.mmap | bytes, name: str) -> Any:
    """An array where it stands in the archive, which packs none; numpy's reader of archives would copy it."""
    import numpy as np  # noqa: PLC0415

    file.seek(ZipFile(file).getinfo(name).header_offset + NAME_LENGTH)
    file.seek(sum(struct.unpack("<HH", file.read(4))), os.SEEK_CUR)
    np.lib.format.read_magic(file)
    shape, _, kind = np.lib.format.read_array_header_1_0(file)
    return np.ndarray(shape, kind, view, file.tell())


def put_aside() -> None:
    """Let the identifier's tables leave memory until a text is looked at again, which some milliseconds bring back.

    A single text brings in half of them, since the system takes the pages around those that are touched.
    """
    view = _loaded()[1] if _loaded.cache_info().currsize else None
    if view is not None and hasattr(mmap, "MADV_DONTNEED"):
        view.madvise(mmap.MADV_DONTNEED)


def detect(text: str) -> str | None:
    """The ISO 639-1 code of the text's language; None when the text is short or the guess unsure."""
    sample = _ADDRESSES.sub(" ", text[:MAX_CHARACTERS])
    if sum(character.isalpha() for character in sample) < _needed(sample):
        return None
    language, confidence = _identifier().classify(sample)
    return str(language) if confidence >= MIN_CONFIDENCE else None


def spoken(text: str, declared: str | None) -> str | None:
    """The language that a text is in: what it tells itself where that is clear, else what is declared of it.

    A feed declares one language for all it carries, often the one that its software was shipped with. Of 1,600 labelled
    beginnings and titles 972 were told, one of them wrongly.
    """
    told, said = detect(text), (declared or "").replace("_", "-").split("-")[0].lower()
    if told is None or told == said or any({told, said} <= group for group in _ALIKE):
        return declared
    return told


def direction(language: str | None, text: str) -> Literal["ltr", "rtl"]:
    """The direction of a text: that of its first letters with one (Unicode TR 9, P2 and P3), else of its language.

    A text that opens with a foreign name is judged by the majority of its first 20 strong characters.
    """
    strong = [kind for character in text[:200] if (kind := unicodedata.bidirectional(character)) in {"L", "R", "AL"}][
        :20
    ]
    if strong:
        return "rtl" if sum(kind != "L" for kind in strong) * 2 > len(strong) else "ltr"
    return "rtl" if language and language.lower().split("-")[0] in _RIGHT_TO_LEFT else "ltr"


def _needed(sample: str) -> int:
    """Letters needed: a third where most letters are of a script that says much in few characters."""
    return (
        MIN_CHARACTERS // 3 if sum(character > "\u2e80" for character in sample) * 2 > len(sample) else MIN_CHARACTERS
    )
