"""Arrays read as their bytes arrive: the same in any pieces, and never short."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimtypes.annotation.studio_client import StudioClient, read_array
from claimtypes.errors import BadInput

VALUES = st.lists(st.dictionaries(st.text(), st.text() | st.integers() | st.none(), max_size=3))


@given(VALUES, st.integers(1, 9), st.booleans())
def test_an_array_is_read_alike_in_pieces_of_any_size(
    values: list[dict[str, Any]], size: int, ascii_only: bool
) -> None:
    data = json.dumps(values, ensure_ascii=ascii_only, indent=size % 3).encode("utf-8", "replace")
    pieces = iter(data[at : at + size] for at in range(0, len(data), size))
    assert list(read_array(pieces)) == json.loads(data)


@given(VALUES, st.data())
def test_an_array_cut_short_is_an_error(values: list[dict[str, Any]], data: st.DataObject) -> None:
    whole = json.dumps(values).encode()
    end = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(ValueError, match="array"):
        list(read_array(iter([whole[:end]])))


@pytest.mark.parametrize("url", ["", "studio", "ftp://studio", "file:///etc/passwd", "http://"])
def test_what_is_no_server_is_refused(url: str) -> None:
    with pytest.raises(BadInput, match="not the URL of a server"):
        StudioClient(url, "token")


def test_the_token_is_not_in_the_clients_description() -> None:
    assert "canary" not in repr(StudioClient("http://127.0.0.1:1", "canary"))
