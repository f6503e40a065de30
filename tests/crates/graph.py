"""The workspace's crates and what each depends on, as Cargo reads the manifests."""

import json
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
PREFIX = "shotengai"


class Graph:
    """Crates of ours by name: their folders, and which others of ours they are built with."""

    def __init__(self, packages):
        #: {crate: folder}
        self.folders = {}
        #: {crate: crates that it needs to be built}; optional ones too, for a feature may bring them.
        self.built_with = {}
        for package in packages:
            name = package["name"]
            self.folders[name] = package["folder"]
            self.built_with[name] = {
                dependency["name"]
                for dependency in package["dependencies"]
                # Cargo writes None for an ordinary dependency; "dev" are those of tests.
                if dependency["kind"] != "dev" and dependency["name"].startswith(PREFIX)
            }

    def everything_in(self, crate):
        """All crates of ours that end up in what is built of this one."""
        found, open_ends = set(), [crate]
        while open_ends:
            for other in self.built_with[open_ends.pop()] - found:
                found.add(other)
                open_ends.append(other)
        return found

    def users_of(self, crate):
        """Crates that name this one among what they are built with."""
        return {name for name, used in self.built_with.items() if crate in used}

    def within(self, *folders):
        """Crates in these folders."""
        return {name for name, folder in self.folders.items() if folder.startswith(folders)}


def of_workspace():
    """The workspace's graph."""
    command = ["cargo", "metadata", "--no-deps", "--offline", "--format-version", "1"]
    packages = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)["packages"]
    for package in packages:
        package["folder"] = str(pathlib.Path(package["manifest_path"]).parent.relative_to(ROOT))
    return Graph(packages)
