"""Escaped text is storable, comes back exactly, and is the text itself where it can be."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from bot.adapters.store.columns import Moment, escape, unescape


@given(st.one_of(st.text(st.characters(categories=["L", "N", "P", "C", "S"])), st.text("\x00\x1a\ud800\udc0001af")))
def test_escaped_text_comes_back(text: str) -> None:
    stored = escape(text)
    assert unescape(stored) == text
    assert "\x00" not in stored
    assert stored.encode("utf-8").decode("utf-8") == stored


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\x1a")))
def test_ordinary_text_is_stored_as_it_is(text: str) -> None:
    assert escape(text) == text


def test_a_time_without_a_zone_is_a_bug() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        Moment().process_bind_param(datetime(2026, 1, 1), sqlite.dialect())  # noqa: DTZ001  that is the point
