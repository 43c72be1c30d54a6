"""The arrays that flow through the program, by what they hold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
"""Vectors and scores: as models give them and indexes keep them."""
DoubleArray = NDArray[np.float64]
"""Probabilities and sums, where single precision would show."""
