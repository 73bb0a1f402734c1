from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aggregator.dedup.cues import folded_case


@given(st.text("aBé’İßΣ字 \u00a0\ud800&", max_size=200) | st.text("aB ’", max_size=60) | st.text(max_size=60))
def test_mostly_ascii_text_is_folded_as_any_other(text: str) -> None:
    assert folded_case(text) == text.casefold()
