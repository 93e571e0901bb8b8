"""Columns of any type as Arrow gives them: what they are, and the few conversions that all parts need."""

from __future__ import annotations  # pyarrow's arrays are generic for the type checker only

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from backend.arrays import Bools


def plain(array: pa.Array[Any]) -> pa.Array[Any]:
    """Dictionary and decimal columns as what they stand for."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        return plain(array.cast(kind.value_type))
    if pa.types.is_decimal(kind) or pa.types.is_float16(kind):
        return array.cast(pa.float64(), safe=False)
    return array


def plain_type(kind: pa.DataType) -> pa.DataType:
    """The type that `plain` gives."""
    if pa.types.is_dictionary(kind):
        return plain_type(kind.value_type)
    return pa.float64() if pa.types.is_decimal(kind) or pa.types.is_float16(kind) else kind


def is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
    )


def is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def is_moment(kind: pa.DataType) -> bool:
    return bool(pa.types.is_timestamp(kind) or pa.types.is_date(kind))


def utf8(array: pa.Array[Any]) -> tuple[pa.Array[Any], Bools | None]:
    """Text as UTF-8, and which rows were not (they become U+FFFD and so no time and no number)."""
    if pa.types.is_string(array.type):
        return array, None
    try:
        return pc.cast(array, pa.string()), None
    except pa.ArrowInvalid:
        cells = [cell if cell is None else cell.decode("utf-8", "replace") for cell in array.to_pylist()]
        broken = np.array([cell is not None and "\N{REPLACEMENT CHARACTER}" in cell for cell in cells], np.bool_)
        return pa.array(cells, pa.string()), broken


def as_text(array: pa.Array[Any]) -> pa.Array[Any]:
    """Any column as text, as it is shown and compared."""
    array = plain(array)
    if is_text(array.type):
        return utf8(array)[0]
    return pc.cast(array, pa.string())


def to_floats(text: pa.Array[Any]) -> npt.NDArray[np.float64]:
    """Text → numbers; NaN where it is none (or says NaN)."""
    try:
        return np.asarray(pc.cast(text, pa.float64()).to_numpy(zero_copy_only=False), np.float64)
    except pa.ArrowInvalid:
        cells = pd.Series(text.to_pylist(), dtype=object)
        return np.asarray(pd.to_numeric(cells, errors="coerce"), np.float64)


def texts(array: pa.Array[Any]) -> list[str]:
    """The cells that are not empty, as text."""
    return [cell for cell in as_text(array).to_pylist() if cell is not None]


def filled(array: pa.Array[Any]) -> pa.Array[Any]:
    """Any column as text, with an empty one where a cell is missing."""
    result: pa.Array[Any] = pc.call_function("coalesce", [as_text(array), pa.scalar("")])
    return result


def bools(array: Any) -> Bools:
    """Truth values as numpy has them; missing ones are false."""
    return np.asarray(pc.call_function("coalesce", [array, pa.scalar(False)]).to_numpy(zero_copy_only=False), np.bool_)


def codes(array: pa.Array[Any]) -> tuple[npt.NDArray[np.int64], list[str]]:
    """The place of each cell among the different texts, and those."""
    encoded = filled(array).dictionary_encode()
    return np.asarray(encoded.indices.to_numpy(zero_copy_only=False), np.int64), texts(encoded.dictionary)


def put_together(parts: Any) -> pa.Array[Any]:
    """Text columns and constants put together row by row; null where one of them is."""
    columns = [pa.scalar(part) if isinstance(part, str) else part for part in parts]
    result: pa.Array[Any] = pc.call_function("binary_join_element_wise", [*columns, pa.scalar("")])
    return result
