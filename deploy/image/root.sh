#!/bin/sh
# Puts together the file system of an image that runs the binary $1 in $2: the libraries that the dynamic loader names, the
# loader itself, certificates, a user, the libraries' licences. Runs in a Debian whose libraries are to be used.
set -eu
binary=$1
root=$2
umask 022
mkdir -p "$root/etc/ssl/certs" "$root/tmp" "$root/usr/local/bin"
chmod 1777 "$root/tmp"
cp "$binary" "$root/usr/local/bin/shotengai"
chmod 0755 "$root/usr/local/bin/shotengai"

# The paths that ldd prints, "name => path (address)" or "path (address)". DNS needs no module: glibc 2.34 and newer has it built in.
ldd "$binary" | sed -n 's/.*=> \(\/[^ ]*\).*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) (.*/\1/p' | while read -r library; do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
done

if [ ! -s /etc/ssl/certs/ca-certificates.crt ]; then
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends ca-certificates
fi
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"

printf 'root:x:0:0:root:/:/nologin\nnonroot:x:65532:65532:nonroot:/:/nologin\n' > "$root/etc/passwd"
printf 'root:x:0:\nnonroot:x:65532:\n' > "$root/etc/group"
printf 'hosts: files dns\n' > "$root/etc/nsswitch.conf"
cp /etc/os-release "$root/etc/os-release"
# Whose work the libraries are.
for package in libc6 libgcc-s1 gcc-12-base ca-certificates; do
    [ -f "/usr/share/doc/$package/copyright" ] && install -D -m 0644 "/usr/share/doc/$package/copyright" "$root/usr/share/doc/$package/copyright"
done
chmod -R a+rX "$root"
