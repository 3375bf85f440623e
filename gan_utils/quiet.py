"""Imports TensorFlow without its start-up lines, and Keras on TensorFlow only.

This is the one module that does something when it is imported. TensorFlow 2.21
writes its first lines straight to file descriptor 2, before any log level is
read, so the descriptor points elsewhere while the import runs. Errors of the
import itself are Python exceptions and still reach you. Import this module
before `keras` or `tensorflow`; to see every line again, set
`TF_CPP_MIN_LOG_LEVEL=0` and import `tensorflow` first.

Raises:
    ValueError: your own settings of Keras name another backend, or none it knows.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

try:
    _stderr = os.dup(2)
except OSError:  # it is closed, and says nothing anyway
    _stderr = None
_nowhere = os.open(os.devnull, os.O_WRONLY)
try:
    os.dup2(_nowhere, 2)
    import tensorflow  # noqa: F401
except ImportError:
    raise
except Exception as error:  # of Keras, which TensorFlow imports when it can
    _found = error
else:
    try:
        import keras

        _found = keras.config.backend()
    except Exception as error:  # a setting can lead to any kind
        _found = error
finally:
    if _stderr is not None:
        os.dup2(_stderr, 2)
        os.close(_stderr)
        os.close(_nowhere)
if _found != "tensorflow":
    raise ValueError(
        "Keras is not set to TensorFlow, which these networks need "
        f"({str(_found) or 'it refuses a setting'}). Set KERAS_BACKEND=tensorflow or "
        "mend ~/.keras/keras.json, then start Python anew."
    ) from None
