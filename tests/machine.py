"""Runs the systemd unit in a machine of its own: ``python -m tests.machine``, as root on Debian.

debootstrap makes the disk, with the project installed as the unit's first lines say; QEMU boots it
without a network. What is tried is in ``CHECKS``, a script that the machine runs by itself; it says
on the serial line how far it is.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fresh import CHECKOUT, inside, make_root, ours

PACKAGES = (
    *("ca-certificates", "git", "python3", "python3-venv", "curl"),
    *("systemd", "systemd-sysv", "linux-image-cloud-amd64", "initramfs-tools"),
)
DISK = "3G"
PATIENCE = 1800  # seconds for the machine, which runs at a tenth of the speed without KVM
DONE = "machine: all is well"
UNITS = "/etc/systemd/system"
INSTALL = f"""
python3 -m venv /opt/trio-chat
/opt/trio-chat/bin/pip install --quiet {CHECKOUT}
cp {CHECKOUT}/deploy/trio-chat.service {CHECKOUT}/deploy/trio-chat.socket {UNITS}/
systemctl enable trio-chat.socket trio-chat.service checks.service
systemctl mask systemd-networkd-wait-online.service
"""
RUN_CHECKS = """
[Unit]
After=trio-chat.service
[Service]
Type=oneshot
ExecStart=/bin/sh -e /root/checks
ExecStopPost=/bin/systemctl poweroff --no-block
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
[Install]
WantedBy=multi-user.target
"""
CHECKS = f"""
said() {{ echo "machine: $1"; }}
trap 'journalctl --no-pager --lines 40 --unit trio-chat.service' EXIT
page=http://127.0.0.1:8080
fetch() {{ curl --fail --silent --show-error --max-time 60 "$@"; }}
main() {{ systemctl show --property MainPID --value trio-chat.service; }}
restarts() {{ systemctl show --property NRestarts --value trio-chat.service; }}
await() {{ for _ in $(seq 120); do if "$@"; then return; fi; sleep 1; done; return 1; }}
logged() {{ journalctl --unit trio-chat.service | grep --quiet "$1"; }}
restarted() {{ test "$(restarts)" = "$1" && systemctl --quiet is-active trio-chat.service; }}
is_other() {{ test "$(main)" != "$1"; }}
kept() {{ fetch $page/api/v1/rooms/lobby/messages | grep --quiet "$1"; }}

systemctl is-active trio-chat.service
fetch $page/readyz
journalctl --unit trio-chat.service --grep "fan" --no-pager --output cat
said "the unit is started, and ready"
systemd-analyze security --no-pager --threshold=20 trio-chat.service | tail -n 1
test "$(stat --format %a /var/lib/private/trio-chat/trio-chat.db)" = 600
test "$(stat --format %a /var/lib/private/trio-chat)" = 700
said "its exposure is 2.0 at most; nobody else reads the database"
fetch --json '{{"text": "kept"}}' $page/api/v1/rooms/lobby/messages
await kept '"kept"'
said "a message is kept"
begun=$(fetch --json '{{"nick": "Ann"}}' $page/api/v1/sessions)
who=$(echo "$begun" | sed 's/.*"session":"\\([^"]*\\)".*/\\1/')
draw='from PIL import Image; Image.new("RGB", (40, 30)).save("/tmp/picture.jpg")'
/opt/trio-chat/bin/python -c "$draw"
fetch --header "Authorization: Bearer $who" --form file=@/tmp/picture.jpg \\
    $page/api/v1/rooms/lobby/files | grep '"width":40'
said "a picture is taken"
systemctl reload trio-chat.service
await logged "settings reloaded\\|nothing has changed"
said "a reload is a reload"
before=$(restarts)
kill -KILL "$(main)"
await restarted "$((before + 1))"
await kept '"kept"'
said "killed, it is started again, and has the message"
kill -STOP "$(main)"
await restarted "$((before + 2))"
logged "Watchdog timeout"
await kept '"kept"'
said "stuck, it is started again by the watchdog"
before=$(main)
systemctl restart trio-chat.service &
await is_other "$before"
fetch $page/healthz
wait
said "while it restarts its socket refuses nobody"
systemctl stop trio-chat.service 2>&1
test "$(systemctl show --property Result --value trio-chat.service)" = success
fetch $page/healthz
systemctl is-active trio-chat.service
said "it stops in order, and its socket starts it again"
trap - EXIT
echo "{DONE}"
"""


def main() -> None:
    """Make the disk, boot the machine, and see that it says that all is well."""
    parser = argparse.ArgumentParser(prog="python -m tests.machine", description=__doc__)
    parser.add_argument("--release", default=ours(), help="Debian's; this machine's by default")
    parser.add_argument("--accel", default="tcg", help="QEMU's accelerator, such as kvm")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="trio-chat-machine-"))
    try:
        disk = make_disk(folder, options.release)
        sys.exit(boot(folder / "root", disk, options.accel))
    finally:
        shutil.rmtree(folder)


def make_disk(folder: Path, release: str) -> Path:
    """Install a system with the unit, and make a disk of it."""
    root, disk = folder / "root", folder / "disk"
    make_root(root, release, PACKAGES)
    (root / "root/checks").write_text(CHECKS)
    (root / UNITS[1:] / "checks.service").write_text(RUN_CHECKS)
    subprocess.run(inside(root, INSTALL.strip().replace("\n", " && ")), check=True)
    command = ["mke2fs", "-q", "-t", "ext4", "-d", str(root), str(disk), DISK]
    subprocess.run(command, check=True)
    return disk


def boot(root: Path, disk: Path, accelerator: str) -> int:
    """Run the machine until it switches itself off, and return whether it failed."""
    [kernel], [initrd] = root.glob("boot/vmlinuz-*"), root.glob("boot/initrd.img-*")
    command = [
        *("qemu-system-x86_64", "-accel", accelerator, "-m", "1024", "-smp", "2"),
        *(
            "-nographic",
            "-no-reboot",
            "-nic",
            "none",
            "-drive",
            f"file={disk},if=virtio,format=raw",
        ),
        *("-kernel", str(kernel), "-initrd", str(initrd)),
        *("-append", "root=/dev/vda rw console=ttyS0 quiet systemd.show_status=0"),
    ]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as machine:
        try:
            said, _ = machine.communicate(timeout=PATIENCE)
        finally:
            machine.kill()
    sys.stdout.write(said.decode(errors="replace"))
    return 0 if DONE.encode() in said else 1


if __name__ == "__main__":
    main()
