"""A reader's own settings of Keras: a foreign one is refused in one sentence."""

import json
import os
import subprocess
import sys

from tools.modules import ROOT


def run(*command, **environment):
    return subprocess.run(
        [sys.executable, *command],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environment},
    )


def test_a_foreign_backend_is_refused_in_one_line():
    command = ("-m", "gan_utils", "evaluate", "dcgan")
    found = run(*command, KERAS_BACKEND="torch")
    assert found.returncode == 2 and not found.stdout
    (line,) = found.stderr.splitlines()
    assert "Keras is not set to TensorFlow" in line
    assert "torch" in line and "Set KERAS_BACKEND=tensorflow" in line


def test_a_foreign_keras_json_is_refused_and_left_as_it_is(tmp_path):
    settings = {"backend": "nonsense", "floatx": "float16"}
    reader = tmp_path / "keras.json"
    reader.write_text(json.dumps(settings))
    found = run("-c", "import gan_utils.gan", KERAS_HOME=tmp_path, KERAS_BACKEND="")
    last = found.stderr.splitlines()[-1]
    assert last.startswith("ValueError: Keras is not set to TensorFlow")
    assert "nonsense" in last and "During handling" not in found.stderr
    assert json.loads(reader.read_text()) == settings
