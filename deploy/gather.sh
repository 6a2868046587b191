#!/bin/sh
# Copies what the image needs into a folder: the program, Python, the libraries that both load,
# and certificates.
set -eu
image=$1
mkdir -p "$image/data" "$image/tmp" "$image/etc/ssl" "$image/usr/bin" "$image/usr/share"
chmod 1777 "$image/tmp"
chmod 0770 "$image/data"
chown 10001:0 "$image/data"

version=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
library=/usr/lib/python$version
copy() { cp -a --parents "$@" "$image"; }

copy /app "$library" "/usr/bin/python$version"
cp -a /usr/bin/python3 "$image/usr/bin/"
# Parts of the library that no server needs.
for part in test idlelib tkinter lib2to3 ensurepip distutils pydoc_data turtledemo __pycache__; do
    rm -rf "${image:?}$library/$part"
done
# Parts of packages that it does not need: their tests, and what draws text into pictures.
packages=$(echo "$image"/app/lib/python*/site-packages)
find "$packages" -type d \( -name tests -o -name _tests \) -prune -exec rm -rf {} +
rm -f "$packages"/PIL/_imagingft.*.so "$packages"/pillow.libs/libfreetype-* "$packages"/pillow.libs/libharfbuzz-*
find "$image" -name __pycache__ -prune -exec rm -rf {} +

# Every shared library that is needed, with the links that lead to it.
find "$image" -type f \( -name '*.so' -o -name '*.so.*' -o -path '*/bin/python*' \) -print |
    while read -r file; do ldd "$file" 2>/dev/null || true; done |
    sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) .*/\1/p' |
    sort -u |
    while read -r needed; do
        case $needed in "$image"* | /app/*) continue ;; esac
        mkdir -p "$image$(dirname "$needed")"
        cp -L "$needed" "$image$needed"
    done
# Those that are loaded by name.
for needed in /lib/*/libnss_files.so.2 /lib/*/libnss_dns.so.2; do
    [ ! -e "$needed" ] || { mkdir -p "$image$(dirname "$needed")"; cp -L "$needed" "$image$needed"; }
done

cp -aL /etc/ssl/certs "$image/etc/ssl/"
printf 'hosts: files dns\n' > "$image/etc/nsswitch.conf"
printf 'root:x:0:0::/data:/bin/false\ntrio-chat:x:10001:0::/data:/bin/false\n' > "$image/etc/passwd"
printf 'root:x:0:\n' > "$image/etc/group"

# Compiled once here, since nobody may write it later.
"$image/app/bin/python" -m compileall -q -j 0 "$image/app/lib" || true
du -sm "$image"
