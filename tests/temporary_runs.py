"""A pytest plugin: what tests train goes to a temporary folder, never to `runs/`."""

import os
import tempfile


def pytest_configure(config):
    config.runs = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    os.environ["GAN_RUNS"] = config.runs.name


def pytest_unconfigure(config):
    config.runs.cleanup()
