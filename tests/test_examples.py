"""Every example in a docstring of the package runs, and prints what it says."""

import doctest
import importlib

from tools.modules import MODULES

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
import tensorflow as tf

SHARED = {"np": np, "tf": tf, "keras": keras}
TEXTS = {name: path.read_text(encoding="utf-8") for name, path in MODULES.items()}
FINDER = doctest.DocTestFinder(exclude_empty=True)


def find_examples():
    """Finds the docstrings with examples; each knows the names of its module."""
    found = {}
    for name, text in TEXTS.items():
        if ">>> " in text:
            module = importlib.import_module(f"gan_utils.{name}")
            names = {**SHARED, **vars(module)}
            for docstring in FINDER.find(module, name, globs=names):
                if docstring.examples:
                    found[docstring.name] = docstring
    return found


EXAMPLES = find_examples()


def test_no_example_is_passed_over():
    found = sum(len(docstring.examples) for docstring in EXAMPLES.values())
    assert found == sum(text.count(">>> ") for text in TEXTS.values()) > 50


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_prints_what_it_says(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # some write files
    said = []
    runner = doctest.DocTestRunner(verbose=False)
    failed, tried = runner.run(EXAMPLES[name], out=said.append)
    plt.close("all")
    assert tried == len(EXAMPLES[name].examples)
    assert failed == 0, "".join(said)
