"""Network mounts: nobody tells of changes that are made on another machine, so they are polled."""

from __future__ import annotations

import os
from pathlib import Path

import psutil

NETWORK = frozenset({
    "9p", "afpfs", "afs", "beegfs", "ceph", "cifs", "davfs", "drvfs", "fuse.ceph", "fuse.davfs2",
    "fuse.glusterfs", "fuse.gocryptfs", "fuse.gvfsd-fuse", "fuse.mergerfs", "fuse.rclone", "fuse.s3fs",
    "fuse.sshfs", "fuse.vmhgfs-fuse", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "orangefs", "prl_fs",
    "smb2", "smb3", "smbfs", "vboxsf", "virtiofs", "webdav",
})  # fmt: skip
"""Types of file systems whose files others change unseen: of networks, and of a virtual machine's host."""


def network_mount(path: Path) -> str:
    """The type of the network file system that a path lies on; empty where it is a local one."""
    wanted = Path(os.path.realpath(path))
    best, kind = -1, ""
    for mount in psutil.disk_partitions(all=True):
        place = Path(mount.mountpoint)
        if wanted.is_relative_to(place) and len(place.parts) >= best:  # a later mount covers an earlier one
            best, kind = len(place.parts), mount.fstype.lower()
    return kind if kind in NETWORK else ""
