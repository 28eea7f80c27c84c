"""The walls of one container: a process of its own that makes them, goes in, and becomes the container's program.

Run as ``python sandbox.py spec.json FD``. It writes to FD the process id that the program has outside, and then, only
if the program could not be started, why. It ends with the program's exit code, or 128 + the signal that ended it.
Needs root. Namespaces of its own: mounts, processes, host name, IPC, cgroups. The network is the machine's.
"""

# pathlib would cost each container 20 ms:
# ruff: noqa: PTH101, PTH102, PTH103, PTH110, PTH112, PTH116, PTH120, PTH123, PTH211

import ctypes
import json
import os
import signal
import sys
from typing import Any

_NEWNS, _NEWCGROUP, _NEWUTS, _NEWIPC, _NEWPID = 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x20000000
_RDONLY, _REMOUNT, _BIND, _REC, _PRIVATE = 1, 32, 4096, 16384, 1 << 18
_PDEATHSIG, _CAPBSET_DROP, _NO_NEW_PRIVS = 1, 24, 38
_LAST_CAPABILITY = 40
# What container runtimes leave to root: chown, dac_override, fowner, fsetid, kill, setgid, setuid, setpcap,
# net_bind_service, net_raw, sys_chroot, mknod, audit_write, setfcap.
_DEFAULT_CAPABILITIES = {0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31}
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_libc = ctypes.CDLL(None, use_errno=True)


def main() -> int:
    """Starts the program in its walls and waits for its end."""
    with open(sys.argv[1], "rb") as file:
        spec = json.load(file)
    status = int(sys.argv[2])
    os.set_inheritable(status, False)
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ):  # by Python, and a program would inherit it
        signal.signal(ignored, signal.SIG_DFL)
    os.umask(0o022)
    _prctl(_PDEATHSIG, signal.SIGKILL)
    _check(_libc.unshare(_NEWNS | _NEWPID | _NEWUTS | _NEWIPC), "unshare")
    child = os.fork()
    if child == 0:
        try:
            _enter(spec)
        except OSError as error:
            os.write(status, f"{error}\n".encode())
        os._exit(128)
    os.write(status, f"{child}\n".encode())
    os.close(status)
    _, result = os.waitpid(child, 0)
    return os.WEXITSTATUS(result) if os.WIFEXITED(result) else 128 + os.WTERMSIG(result)


def _enter(spec: dict[str, Any]) -> None:
    for group in spec["cgroups"]:
        _write(group + "/cgroup.procs", "0")
    _check(_libc.unshare(_NEWCGROUP), "unshare")
    _mount("none", "/", None, _REC | _PRIVATE)
    _libc.sethostname(spec["hostname"].encode(), len(spec["hostname"]))
    sources = [_open(mount["source"]) if mount.get("source") else None for mount in spec["mounts"]]
    groups = [_open(group) for group in spec["cgroups"]]
    devices = [_open("/dev/" + name) for name in _DEVICES]
    sysfs = _open("/sys")
    _make_root(spec)
    _mount("proc", "/proc", "proc")
    _make_sys(sysfs, groups, spec["cgroups"])
    _make_dev(devices)
    for source, mount in zip(sources, spec["mounts"], strict=True):
        _attach(source, mount)
    os.makedirs(spec["folder"], exist_ok=True)
    os.chdir(spec["folder"])
    if spec["readonly"]:
        _mount("none", "/", None, _REMOUNT | _RDONLY)
    _drop(spec)
    try:
        os.execvpe(spec["argv"][0], spec["argv"], spec["env"])  # noqa: S606
    except OSError as error:
        raise OSError(error.errno, f'exec "{spec["argv"][0]}": {error.strerror}') from error


def _make_root(spec: dict[str, Any]) -> None:
    """A layer of its own over the image's root, so that nothing written reaches the image; then the new root."""
    base = spec["base"]
    _mount("tmpfs", base, "tmpfs")
    for name in ("upper", "work", "root"):
        os.mkdir(f"{base}/{name}", 0o755)
    for folder in spec["hidden"]:
        os.mkdir(base + "/upper" + folder)
        os.chmod(base + "/upper" + folder, 0o1777)  # noqa: S103 - as every /tmp
        os.setxattr(base + "/upper" + folder, "trusted.overlay.opaque", b"y")
    layers = f"lowerdir={spec['root']},upperdir={base}/upper,workdir={base}/work"
    _mount("overlay", f"{base}/root", "overlay", 0, layers)
    os.chroot(f"{base}/root")
    os.chdir("/")
    for folder in spec["passable"]:
        os.chmod(folder, os.stat(folder).st_mode | 0o055)  # noqa: S103
    for name in ("proc", "sys", "dev", "tmp"):
        os.makedirs("/" + name, exist_ok=True)


def _make_sys(sysfs: int, opened: list[int], groups: list[str]) -> None:
    """The machine's /sys, read-only, with the container's own cgroups where programs look for theirs."""
    _bind(sysfs, "/sys")
    if len(groups) == 1:  # version 2
        _bind(opened[0], "/sys/fs/cgroup")
    else:
        _mount("tmpfs", "/sys/fs/cgroup", "tmpfs")
        for descriptor, group in zip(opened, groups, strict=True):
            target = "/sys/fs/cgroup/" + group.split("/")[4]
            os.mkdir(target)
            _bind(descriptor, target)
    _mount("none", "/sys", None, _REMOUNT | _BIND | _RDONLY)


def _make_dev(devices: list[int]) -> None:
    _mount("tmpfs", "/dev", "tmpfs", 0, "mode=755")
    for descriptor, name in zip(devices, _DEVICES, strict=True):
        os.close(os.open("/dev/" + name, os.O_CREAT))
        _bind(descriptor, "/dev/" + name)
    for name, target in {"fd": "", "stdin": "/0", "stdout": "/1", "stderr": "/2"}.items():
        os.symlink("/proc/self/fd" + target, "/dev/" + name)
    os.mkdir("/dev/shm")  # noqa: S108
    _mount("shm", "/dev/shm", "tmpfs", 0, "mode=1777,size=64m")  # noqa: S108


def _attach(source: int | None, mount: dict[str, Any]) -> None:
    target = mount["target"]
    if source is not None and not os.path.isdir(f"/proc/self/fd/{source}"):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if not os.path.exists(target):
            os.close(os.open(target, os.O_CREAT))
    else:
        os.makedirs(target, exist_ok=True)
    if source is None:
        _mount("tmpfs", target, "tmpfs", 0, mount["options"])
    else:
        _bind(source, target)
    if mount["readonly"]:
        _mount("none", target, None, _REMOUNT | _BIND | _RDONLY)


def _drop(spec: dict[str, Any]) -> None:
    """Become the container's user, with no capability that it should not have."""
    for capability in range(_LAST_CAPABILITY + 1):
        if spec["capabilities"] == "none" or capability not in _DEFAULT_CAPABILITIES:
            _prctl(_CAPBSET_DROP, capability)
    if spec["no_new_privileges"]:
        _prctl(_NO_NEW_PRIVS, 1)
    os.setgroups(spec["groups"])
    os.setresgid(*[spec["gid"]] * 3)
    os.setresuid(*[spec["uid"]] * 3)
    _prctl(_PDEATHSIG, signal.SIGKILL)  # last: becoming another user clears it


def _open(path: str) -> int:
    return os.open(path, os.O_PATH)


def _bind(descriptor: int, target: str) -> None:
    _mount(f"/proc/self/fd/{descriptor}", target, None, _BIND | _REC)


def _mount(source: str, target: str, kind: str | None, flags: int = 0, options: str = "") -> None:
    kind_bytes = kind.encode() if kind else None
    done = _libc.mount(source.encode(), target.encode(), kind_bytes, ctypes.c_ulong(flags), options.encode())
    _check(done, f"mount {source} on {target}")


def _prctl(option: int, value: int) -> None:
    _check(_libc.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0)), "prctl")


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


if __name__ == "__main__":
    sys.exit(main())
