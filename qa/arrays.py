"""The array types of the program, named by what they hold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
"""Vectors and scores, in the type of models and indexes."""
DoubleArray = NDArray[np.float64]
"""Probabilities and sums, for which single precision is not enough."""
