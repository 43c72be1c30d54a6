"""From texts to unit vectors: one build of one model, for questions and passages alike."""

from qa.encode.codec import Projected, TokenCodec
from qa.encode.protocol import Encoded, Encoder, Piece

__all__ = ["Encoded", "Encoder", "Piece", "Projected", "TokenCodec"]
