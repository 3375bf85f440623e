"""Imports TensorFlow without the lines its C++ code prints at start-up.

This is the one module that does something when it is imported. TensorFlow 2.21
writes its first lines straight to file descriptor 2, before any log level is
read, so the descriptor points elsewhere while the import runs. Errors of the
import itself are Python exceptions and still reach you. Import this module
before `keras` or `tensorflow`; to see every line again, set
`TF_CPP_MIN_LOG_LEVEL=0` and import `tensorflow` first.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

_stderr = os.dup(2)
_nowhere = os.open(os.devnull, os.O_WRONLY)
try:
    os.dup2(_nowhere, 2)
    import tensorflow  # noqa: F401
finally:
    os.dup2(_stderr, 2)
    os.close(_stderr)
    os.close(_nowhere)
