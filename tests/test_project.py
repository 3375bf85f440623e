"""The files around the lessons agree with each other."""

import re
import subprocess
import sys
import tomllib

from tests.lessons import LESSONS, ROOT
from tests.test_architecture import imports

import pytest
import yaml

INSTALLED_AS = {"PIL": "pillow", "IPython": "ipython", "yaml": "pyyaml"}


def requirements():
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    return [line.split("#")[0].strip() for line in lines if line.split("#")[0].strip()]


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def workflow():
    text = (ROOT / ".github/workflows/test.yml").read_text("utf-8")
    return yaml.safe_load(text)["jobs"]["test"]


def targets():
    text = (ROOT / "Makefile").read_text("utf-8")
    return dict(re.findall(r"^([a-z]+):.*## (.+)$", text, re.M))


def test_every_requirement_is_pinned_with_a_reason():
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    for line in lines:
        if not line.startswith(("#", "-e")):
            assert re.fullmatch(r"[\w-]+==[\d.]+ +# .+", line), line


def test_everything_imported_is_required():
    pinned = {line.split("==")[0] for line in requirements()}
    files = [*ROOT.glob("gan_utils/*.py"), *ROOT.glob("tests/**/*.py")]
    used = set().union(*(imports(path)[1] for path in files))
    standard = set(sys.stdlib_module_names)
    names = {INSTALLED_AS.get(name, name) for name in used - standard - {"tests"}}
    assert names <= pinned, names - pinned


def test_conda_installs_the_same():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    python, pip, packages = environment["dependencies"]
    assert packages == {"pip": ["-r requirements.txt"]}
    assert pip == "pip"
    assert python.removeprefix("python=") in ("3.11", "3.12", "3.13")
    assert project()["project"]["requires-python"] == ">=3.11,<3.14"


def test_the_workflow_runs_the_make_targets_on_both_systems():
    job = workflow()
    matrix = job["strategy"]["matrix"]
    assert matrix["python"] == ["3.11", "3.13"]
    assert {name.split("-")[0] for name in matrix["os"]} == {"ubuntu", "macos"}
    commands = [step["run"] for step in job["steps"] if "run" in step]
    assert commands
    for command in commands:
        tool, target, *_ = command.split()
        assert tool == "make"
        assert target in targets()


def test_continuous_integration_runs_all_tests_and_skips_none():
    script = ROOT / ".ci/run"
    assert "\nmake test\n" in script.read_text("utf-8")
    assert "\nCI=true make browser\n" in script.read_text("utf-8")
    subprocess.run(["bash", "-n", script], check=True)


def test_bare_make_lists_every_target():
    printed = subprocess.run(
        ["make", "-s", "-C", ROOT], capture_output=True, text=True, check=True
    ).stdout
    for target, line in targets().items():
        assert re.search(rf"make {target} +{re.escape(line)}", printed)


def test_make_says_which_python_it_needs(tmp_path):
    """A folder with make and no Python on the PATH gets one clear sentence."""
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        (tmp_path / name).write_text((ROOT / name).read_text("utf-8"))
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("make", "sh", "id", "echo", "test"):
        found = subprocess.run(["which", tool], capture_output=True, text=True).stdout
        (tools / tool).symlink_to(found.strip())
    old = tools / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    run = subprocess.run(
        [tools / "make", "lab"],
        cwd=tmp_path,
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
    )
    assert run.returncode != 0
    assert "need Python 3.11, 3.12 or 3.13" in run.stdout
    assert "Traceback" not in run.stdout + run.stderr
    assert not (tmp_path / ".venv").exists()


def test_servers_listen_on_localhost_only():
    text = (ROOT / "Makefile").read_text("utf-8")
    assert "jupyter lab --ip=localhost" in text
    assert "tensorboard --host localhost" in text
    assert "token" not in text.lower()


def test_jupyter_opens_the_first_lesson_and_serves_the_whole_project():
    option = f"--LabApp.default_url=/lab/tree/notebooks/{LESSONS[0].name}"
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert f"FIRST_LESSON := {option}\n" in makefile
    assert "$(FIRST_LESSON)\n" in makefile
    readme = (ROOT / "README.md").read_text("utf-8")
    commands = re.findall(r"jupyter lab(.*)", readme)
    assert commands
    assert all(command.startswith(f" {option}") for command in commands)


def test_the_readme_lists_every_lesson_and_every_module():
    text = (ROOT / "README.md").read_text("utf-8")
    for path in LESSONS:
        assert f"(notebooks/{path.name})" in text
    for path in (ROOT / "gan_utils").glob("[a-z]*.py"):
        assert f"`{path.stem}`" in text


def test_the_readme_leads_with_the_two_commands():
    text = (ROOT / "README.md").read_text("utf-8")
    assert (
        text.index("make lab") < text.index("make test") < text.index("## The lessons")
    )


TRACKED = subprocess.run(
    ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True
).stdout.split()


@pytest.mark.skipif(not TRACKED, reason="not a git checkout")
def test_no_generated_clutter_and_no_large_files():
    for name in TRACKED:
        assert not re.search(r"__pycache__|\.venv|^runs/|checkpoints/|\.egg-info", name)
        if (ROOT / name).exists():
            assert (ROOT / name).stat().st_size <= 12_000_000, name
