"""The same `fit` on two devices and in two worker processes, as on one device."""

import json
import os
import socket
import subprocess
import sys

import pytest


def start(*arguments, **environment):
    command = [sys.executable, "-m", "tests.devices", *map(str, arguments)]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


def finish(process):
    printed, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors[-3000:]
    return json.loads(printed.splitlines()[-1])


@pytest.fixture(scope="module")
def mirrored(tmp_path_factory):
    return finish(start("mirrored", tmp_path_factory.mktemp("mirrored")))


def test_two_devices_end_as_one_device_with_the_whole_batch(mirrored):
    assert mirrored["replicas"] == 2
    assert mirrored["moved"] > 0.01
    assert mirrored["apart"] < 1e-5


def test_each_device_draws_points_of_its_own(mirrored):
    assert mirrored["points_in_common"] == 0


def test_a_checkpoint_of_two_devices_goes_on_bit_for_bit(mirrored):
    assert mirrored["resumed_at"] == 4
    assert mirrored["resumed_apart"] == 0


def test_the_devices_of_a_run_are_recorded_and_others_refused(tmp_path):
    found = finish(start("recorded", tmp_path / "run"))
    assert (found["step"], found["devices"]) == (4, 2)
    assert "with seed 0 on 2 device(s). Give another folder" in found["refused"]


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def test_two_workers_end_with_equal_weights_as_one_device_does():
    addresses = [f"127.0.0.1:{port}" for port in free_ports(2)]
    configurations = [
        {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        for index in range(2)
    ]
    workers = [start("worker", TF_CONFIG=json.dumps(each)) for each in configurations]
    try:
        first, second = map(finish, workers)
    finally:
        for worker in workers:  # of two that wait for each other, none is left behind
            worker.kill()
    assert first["workers"] == 2
    assert first["weights"] == second["weights"]
    assert first["apart"] < 1e-5
