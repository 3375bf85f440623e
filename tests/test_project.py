"""The files around the lessons agree with each other."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata

from tools import modules
from tools.lessons import LESSONS, ROOT
from tools.modules import MODULES, imports

import nbformat
import pytest
import yaml

OURS = ("gan_utils", "tests", "tools")
LOCKS = ("requirements.lock", "requirements-gpu.lock")
INSTALLED_AS = {"PIL": "pillow", "IPython": "ipython", "yaml": "pyyaml"}


def requirements():
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    return [line.split("#")[0].strip() for line in lines if line.split("#")[0].strip()]


def python_files():
    """Returns our own files; the packages of Node hold some of others."""
    found = [path for name in OURS for path in ROOT.glob(f"{name}/**/*.py")]
    return [path for path in found if "node_modules" not in path.parts]


def pins(lock):
    """Returns the versions of each package in a lock, and the hashes of each pin."""
    text = (ROOT / lock).read_text("utf-8")
    lines = re.sub(r" *\\\n|^ *#.*\n", "", text, flags=re.M).splitlines()
    versions, hashes = {}, []
    for line in lines:
        if line not in ("", "--only-binary :all:"):
            pin, *rest = line.split("    --hash=")
            name, version = re.fullmatch(r"([\w.-]+)==([\w.]+)(?: ; .+)?", pin).groups()
            versions.setdefault(plain(name), set()).add(version)
            hashes.append(rest)
    return versions, hashes


def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def workflow():
    text = (ROOT / ".github/workflows/test.yml").read_text("utf-8")
    return yaml.safe_load(text)


def targets():
    text = (ROOT / "Makefile").read_text("utf-8")
    return dict(re.findall(r"^([a-z]+):.*## (.+)$", text, re.M))


def test_every_requirement_is_pinned_with_a_reason():
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    for line in lines:
        if not line.startswith("#"):
            assert re.fullmatch(r"[\w-]+==[\d.]+ +# .+", line), line


def test_everything_imported_is_required():
    pinned = {line.split("==")[0] for line in requirements()}
    used = set().union(*(imports(path)[1] for path in python_files()))
    foreign = used - set(sys.stdlib_module_names) - set(OURS)
    names = {INSTALLED_AS.get(name, name) for name in foreign}
    assert names <= pinned, names - pinned


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_hashes_and_names_no_place(lock):
    text = (ROOT / lock).read_text("utf-8")
    assert "\n--only-binary :all:\n" in text  # a source package runs what is not locked
    assert "/" not in text
    for found in pins(lock)[1]:
        assert found
        assert all(re.fullmatch("sha256:[0-9a-f]{64}", each) for each in found)


def test_the_locks_are_in_step_with_the_requirements():
    versions, _ = pins("requirements.lock")
    for line in requirements():
        name, version = line.split("==")
        assert versions[plain(name)] == {version}, "run: make lock"
    for name, found in pins("requirements-gpu.lock")[0].items():
        if not name.startswith("nvidia-"):
            assert found <= versions[name], "run: make lock"


def test_what_is_installed_is_what_is_locked():
    versions, _ = pins("requirements.lock")
    installed = {plain(d.name): d.version for d in metadata.distributions()}
    for name in installed.keys() & versions.keys():
        assert installed[name] in versions[name], name
    if os.environ.get("CI"):  # a reader may have added some
        assert installed.keys() - versions.keys() == {"gan-utils", "pip"}


def test_conda_installs_the_same():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    python, pip, packages = environment["dependencies"]
    assert packages == {"pip": ["-r requirements.lock"]}
    assert pip == "pip"
    assert python.removeprefix("python=") in ("3.11", "3.12", "3.13")
    assert project()["project"]["requires-python"] == ">=3.11,<3.14"


def test_the_workflow_runs_the_make_targets_on_both_systems():
    job = workflow()["jobs"]["test"]
    matrix = job["strategy"]["matrix"]
    assert matrix["python"] == ["3.11", "3.12", "3.13"]
    assert {name.split("-")[0] for name in matrix["os"]} == {"ubuntu", "macos"}
    commands = [step["run"] for step in job["steps"] if "run" in step]
    assert commands
    for command in commands:
        tool, target, *_ = command.split()
        assert tool == "make"
        assert target in targets()


def test_windows_is_set_up_by_the_readme_as_by_make_and_the_workflow():
    readme = (ROOT / "README.md").read_text("utf-8")
    start = readme.index("py -3.12 -m venv .venv\n")
    said = readme[start:].split("\n\n")[0].replace("py -3.12 ", "python ").splitlines()
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for line in said[1:]:
        assert (
            line.replace(".venv\\Scripts\\python -m pip install", "$(INSTALL)")
            in makefile
        )
    steps = workflow()["jobs"]["windows"]["steps"]
    commands = [step["run"] for step in steps if "run" in step]
    assert len(said) == 3 and commands[:3] == said


def test_the_workflow_may_only_read_and_runs_what_is_named_by_digest():
    assert workflow()["permissions"] == {"contents": "read"}
    for job in workflow()["jobs"].values():
        assert "permissions" not in job and 0 < job["timeout-minutes"] <= 60
    text = (ROOT / ".github/workflows/test.yml").read_text("utf-8")
    used = re.findall(r"uses: (.+)", text)
    assert used
    for action in used:
        assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v[\d.]+", action), action


def test_continuous_integration_runs_all_tests_and_skips_none():
    script = ROOT / ".ci/run"
    assert "\nmake test\nmake attack SIZE=slice SEED=1\n" in script.read_text("utf-8")
    assert "\nCI=true make browser\n" in script.read_text("utf-8")
    subprocess.run(["bash", "-n", script], check=True)


def test_bare_make_lists_every_target():
    printed = subprocess.run(
        ["make", "-s", "-C", ROOT], capture_output=True, text=True, check=True
    ).stdout
    for target, line in targets().items():
        assert re.search(rf"make {target} +{re.escape(line)}", printed)


def test_make_trains_the_second_judge_that_is_loaded_and_before_what_it_measures(
    tmp_path,
):
    from gan_utils import store

    for target in (["judge"], ["pretrained", "ONLY=dcgan"]):
        told = subprocess.run(
            ["make", "-n", "-C", ROOT, *target, f"GAN_RUNS={tmp_path}"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        place = f'--seed {store.SECOND_SEED} --out "{tmp_path / store.SECOND}"'
        assert f"-m gan_utils train classifier {place}\n" in told
        assert told.index(place) < told.find("train $name") or target == ["judge"]


def test_make_says_which_python_it_needs(tmp_path):
    """A folder with make and no Python on the PATH gets one clear sentence."""
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
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


def test_the_readme_lists_every_lesson():
    text = (ROOT / "README.md").read_text("utf-8")
    for path in LESSONS:
        assert f"(notebooks/{path.name})" in text


def test_the_table_of_modules_is_what_the_code_says():
    text = modules.GUIDE.read_text("utf-8")
    assert modules.renew(text) == text, "run: python -m tools.modules"


def test_the_package_is_one_table_in_one_place():
    """Two tables of modules would drift apart."""
    header = modules.table().splitlines()[0]
    texts = [path.read_text("utf-8") for path in ROOT.glob("*.md")]
    assert sum(text.count(header) for text in texts) == 1
    assert "(CONTRIBUTING.md#the-modules)" in (ROOT / "README.md").read_text("utf-8")


def test_a_module_stands_above_what_it_imports():
    rows = re.findall(r"^\| `([\w.]+)`", modules.table(), re.M)
    assert sorted(rows) == sorted(MODULES)
    for place, name in enumerate(rows):
        if not name.startswith("experiments"):
            assert imports(MODULES[name])[0] <= set(rows[place + 1 :]), name


def defined(path):
    """Returns the names that stand in a module."""
    found = set()
    for node in ast.walk(modules.parse(path)):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)  # as `gan.averaged_generator`
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {alias.asname or alias.name for alias in node.names}
    return found


def texts():
    for path in [*ROOT.glob("*.md"), *ROOT.glob("data/*.md")]:
        yield path.name, path.read_text("utf-8")
    for path in LESSONS:
        cells = nbformat.read(path, as_version=4).cells
        yield path.name, "\n".join(c.source for c in cells if c.cell_type != "code")


def named_in_texts(pattern):
    """Returns what the code in texts has of a pattern, and the texts' names."""
    return {
        (found, place)
        for place, text in texts()
        for code in re.findall(r"```.*?```|`[^`\n]+`", text, re.S)
        for found in re.findall(pattern, code)
    }


def leads_somewhere(dotted):
    """Tells whether a name as `gan_utils.doctor.diagnose` is there, if it is ours."""
    parts = dotted.removeprefix("gan_utils.").split(".")
    for length in range(len(parts), 0, -1):
        module = MODULES.get(".".join(parts[:length]))
        if module:
            return not parts[length:] or parts[length] in defined(module)
    return not dotted.startswith("gan_utils.")


def test_every_function_that_a_text_names_is_there():
    named = named_in_texts(r"(?<![\w./])[a-z_]\w*(?:\.(?!py\b)\w+)+")
    lost = [(dotted, place) for dotted, place in named if not leads_somewhere(dotted)]
    assert not lost
    assert leads_somewhere("losses.cross_entropy") and leads_somewhere("np.full")
    assert not leads_somewhere("losses.none") and not leads_somewhere("gan_utils.none")


def test_every_file_that_a_text_names_is_there():
    named = named_in_texts(r"(?:gan_utils|tools|tests|data)/[\w/.]*\w")
    assert len(named) > 5
    for file, place in named:
        assert (ROOT / file).exists(), f"{file} in {place}"


def test_every_command_that_is_named_is_there():
    pattern = r"python -m ((?:gan_utils|tools|tests)[\w.]*)"
    named = named_in_texts(pattern)
    for path in [ROOT / "Makefile", *python_files()]:
        found = re.findall(pattern, path.read_text("utf-8"))
        named |= {(module.rstrip("."), path.name) for module in found}
    assert len(named) > 20
    for module, place in named:
        path = ROOT / module.replace(".", "/")
        main = path / "__main__.py" if path.is_dir() else path.with_suffix(".py")
        assert main.exists(), f"python -m {module} in {place}"


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
