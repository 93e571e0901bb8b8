"""The form of an upload: a multipart/form-data body with one file, written to disk as it comes, and its options.

Starlette's own form() has no limit on a file, spools it to disk and would have it copied again for the process that
reads it, and refuses file names beyond 4 KB; python-multipart's parser underneath does the parsing here too.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Annotated, BinaryIO, Required, Self

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from typing_extensions import TypedDict

from backend.errors import InvalidRequestError, TooLargeError, message_of
from backend.ingest import DateOrder, Kind, ReadOptions, Rows, TimeUnit, ValueUnit
from backend.uploads.same_name import SameName

FILE_FIELD = "file"
MAX_FIELD_BYTES = 10_000
MAX_HEADER_BYTES = 64 * 1024  # a file name of 5,000 characters is harmless, and cut later
MAX_PARTS = 20


class UploadForm(TypedDict, total=False):
    """Form fields beside the file; each overrides what would be detected. An empty one counts as absent."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]  # `time_zone` must not be read as UTC
    kind: Annotated[Kind, Field(description="a row a request (raw) or a row a window (series)")]
    timestamp_column: Annotated[
        str, Field(max_length=1000, description="column that holds the time; several, joined by ` + `, are its parts")
    ]
    time_unit: TimeUnit
    timezone: Annotated[str, Field(max_length=100, description="IANA name or offset, for times without one")]
    value_column: Annotated[
        str, Field(max_length=1000, description="column that holds the traffic; several, joined by ` + `, are added up")
    ]
    value_unit: Annotated[
        ValueUnit,
        Field(description="requests in a row (count), in a second (rate), or since a start (total, a counter)"),
    ]
    window_seconds: Annotated[int, Field(ge=1, le=86_400)]
    rows: Annotated[Rows, Field(description="what counts of several rows of one time")]
    date_order: Annotated[DateOrder, Field(description="order of day, month and year in dates of numbers")]
    same_name: Annotated[
        SameName,
        Field(
            description="what the file is to a series that has its name: its continuation, its replacement, or another "
            "series, which gets a number"
        ),
    ]


class Upload(UploadForm):
    """A form with its file."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]

    file: Required[bytes]


UPLOAD_FORM, UPLOAD = TypeAdapter(UploadForm), TypeAdapter(Upload)


class MultipartForm:
    """Feed it the body's chunks: the file goes to `path`, the other fields into `fields`.

    Raises TooLargeError once the file is larger than `limit` bytes and InvalidRequestError for a body that is not
    such a form.
    """

    def __init__(self, content_type: str, path: Path, limit: int) -> None:
        self.filename: str | None = None
        self.fields: dict[str, str] = {}
        self.bytes_received = 0
        self.digest = hashlib.sha256()
        self._limit = limit
        self._target: BinaryIO = path.open("wb")
        self._header_name = b""
        self._header_value = b""
        self._disposition = b""
        self._field = ""
        self._value = b""
        self._parts = 0
        self._ended = False
        kind, options = parse_options_header(content_type)
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise InvalidRequestError(
                "Send the traffic file as multipart/form-data, in the field `file`.", field=FILE_FIELD
            )
        self._parser = MultipartParser(
            options[b"boundary"],
            {
                "on_part_begin": self._on_part_begin,
                "on_part_data": self._on_part_data,
                "on_part_end": self._on_part_end,
                "on_header_field": self._on_header_field,
                "on_header_value": self._on_header_value,
                "on_header_end": self._on_header_end,
                "on_headers_finished": self._on_headers_finished,
                "on_end": self._on_end,
            },
            max_header_size=MAX_HEADER_BYTES,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._target.close()

    def feed(self, chunk: bytes) -> None:
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise InvalidRequestError(f"The body is not valid multipart/form-data: {error}.") from error

    def finish(self) -> str:
        """The file's name; raises InvalidRequestError where the form was not whole, or had no file."""
        self._target.flush()
        if self.filename is None:
            raise InvalidRequestError(
                "Send the traffic file as the multipart/form-data field `file`, with a file name.", field=FILE_FIELD
            )
        if not self._ended:
            raise InvalidRequestError("The form ends before its closing boundary, so the file may be cut short.")
        return self.filename

    def _on_part_begin(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise InvalidRequestError(f"The form has more than {MAX_PARTS} fields.")
        self._disposition, self._field, self._value = b"", "", b""

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _on_header_end(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            self._disposition = self._header_value
        self._header_name = self._header_value = b""

    def _on_headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._field = options.get(b"name", b"").decode(errors="replace")
        if self._field == FILE_FIELD and b"filename" in options:
            if self.filename is not None:
                raise InvalidRequestError("Send one file a request.", field=FILE_FIELD)
            self.filename = _file_name(options[b"filename"])
        elif not self._field:
            raise InvalidRequestError("A part of the form has no name.")

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._field == FILE_FIELD and self.filename is not None:
            self.bytes_received += end - start
            if self.bytes_received > self._limit:
                raise too_large(self._limit)
            self._target.write(data[start:end])
            self.digest.update(memoryview(data)[start:end])
        elif len(self._value) + end - start > MAX_FIELD_BYTES:
            raise InvalidRequestError(
                f"The form field {self._field} is longer than {MAX_FIELD_BYTES} bytes.", field=self._field
            )
        else:
            self._value += data[start:end]

    def _on_part_end(self) -> None:
        if self._field != FILE_FIELD:
            self.fields[self._field] = self._value.decode(errors="replace")

    def _on_end(self) -> None:
        self._ended = True


def _file_name(sent: bytes) -> str:
    """As the user knows it: browsers write quotes and line ends as %22, %0A and %0D, and nothing else so (WHATWG)."""
    name = sent.decode(errors="replace")
    for written, character in (("%22", '"'), ("%0A", "\n"), ("%0D", "\r")):
        name = name.replace(written, character)
    return name


def form_of(fields: Mapping[str, str]) -> UploadForm:
    """The form that was sent as text. Raises InvalidRequestError naming the first field that is wrong."""
    if unknown := sorted(fields.keys() - UploadForm.__annotations__.keys()):
        known = ", ".join([FILE_FIELD, *UploadForm.__annotations__])
        raise InvalidRequestError(f"There is no form field {unknown[0]}. There are: {known}.", field=unknown[0])
    try:
        return UPLOAD_FORM.validate_python({name: value for name, value in fields.items() if value != ""})
    except ValidationError as error:
        problem = error.errors()[0]
        field = str(problem["loc"][0])
        raise InvalidRequestError(f"The form field {field}: {message_of(problem)}.", field=field) from None


def options_of(form: UploadForm) -> tuple[ReadOptions, SameName | None]:
    """How a file is read, and what it is to a series that has its name."""
    return ReadOptions(**{name: value for name, value in form.items() if name != "same_name"}), form.get("same_name")  # type: ignore[arg-type]


def left_half_way(bytes_received: int) -> str:
    return (
        f"The connection ended after {bytes_received:,} bytes, before the whole file had come, so nothing of it is "
        "stored. Send it again."
    )


def too_large(limit: int) -> TooLargeError:
    return TooLargeError(
        f"The file is larger than {limit // 1024**2} MB (SCALEOPS_MAX_UPLOAD_MB). Send it compressed (.gz, Parquet) or "
        "in parts: parts with the same file name become one series.",
        limit_bytes=limit,
    )
