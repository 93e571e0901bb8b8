"""Where uploads are, for the page that waits for them."""

from collections import OrderedDict

from backend.schemas import UploadProgress

REMEMBERED = 200


class ProgressBoard:
    """The newest uploads by the id their client chose; the oldest are forgotten."""

    def __init__(self) -> None:
        self._uploads: OrderedDict[str, UploadProgress] = OrderedDict()

    def set(self, upload_id: str | None, progress: UploadProgress) -> None:
        if upload_id is None:
            return
        self._uploads[upload_id] = progress
        self._uploads.move_to_end(upload_id)
        if len(self._uploads) > REMEMBERED:
            self._uploads.popitem(last=False)

    def get(self, upload_id: str) -> UploadProgress | None:
        return self._uploads.get(upload_id)
