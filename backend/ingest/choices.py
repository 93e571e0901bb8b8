"""Where a file can be read in more than one way: what is asked, and the answers that select a reading."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Choice:
    """One likely reading. `fields`: the options that select it; `says`: what it is, for people."""

    fields: Mapping[str, str]
    says: str


class SeveralReadings(Exception):
    """Two or more readings are likely. `question`: a sentence that says what is not clear."""

    def __init__(self, question: str, choices: list[Choice]) -> None:
        super().__init__(question)
        self.question = question
        self.choices = choices
