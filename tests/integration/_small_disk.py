"""A file system that is soon full, for tests of full disks."""

import os
import pathlib
import subprocess


class SmallDisk:
    """A tmpfs of that size, where root may mount one."""

    def __init__(self, folder, size):
        self.folder, self.size = pathlib.Path(folder), size
        self.folder.mkdir()

    def __enter__(self):
        self.mounted = os.geteuid() == 0 and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={self.size}", "tmpfs", str(self.folder)],
            stderr=subprocess.DEVNULL).returncode == 0
        return self if self.mounted else None

    def grow(self, size):
        subprocess.run(["mount", "-o", f"remount,size={size}", str(self.folder)], check=True)

    def __exit__(self, *_):
        if self.mounted:
            subprocess.run(["umount", str(self.folder)], check=True)
