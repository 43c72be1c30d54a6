"""The words of messages: headers, and texts in the encodings that messages declare, or do not."""

from __future__ import annotations

from email.errors import HeaderParseError
from email.header import decode_header

from qa.corpus.decode import NotTextError, agreed, decode, guessed
from qa.corpus.reading import whole_characters

_MAX_HEADER = 10_000


class Words:
    """Decodes what a message says; ``codec`` is the encoding of what declares none, None if it is unknown."""

    def __init__(self, codec: str | None) -> None:
        self._codec = codec
        self.notes: dict[str, None] = {}
        """What is to be told about guesses."""

    def __call__(self, data: bytes, charset: str | None) -> str:
        """Return bytes as text: in the declared encoding, if they are valid in it."""
        codec = agreed(data, charset)
        if codec is None and self._codec:
            return data.decode(self._codec, "replace")
        if codec is None:
            try:
                text, codec = decode(data)
            except NotTextError:
                return data.decode("utf-8", "replace")
            guess = guessed(codec)
            if guess:
                self.notes[guess] = None
            return text
        return whole_characters(data.decode(codec))

    def of(self, value: object) -> str:
        """Return a header's value with its encoded words decoded, in one line."""
        try:
            # A header with bytes beyond ASCII is an object that contains them; the types know texts only.
            chunks = decode_header(value if not isinstance(value, str) else value[:_MAX_HEADER])  # type: ignore[arg-type]
        except (HeaderParseError, ValueError, LookupError):
            chunks = [(str(value)[:_MAX_HEADER], None)]
        words = (
            chunk
            if isinstance(chunk, str)
            else self(chunk, charset if charset != "unknown-8bit" else None)
            for chunk, charset in chunks
        )
        return " ".join(whole_characters("".join(words)).split())
