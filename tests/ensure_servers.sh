#!/bin/sh
# Install missing programs that the failure tests start if this user may install packages, else print how.
# Debian may start a service when it installs one; no test uses that one.
wanted="redis-server:redis-server nginx:nginx ip:iproute2 openssl:openssl"
missing=""
for pair in $wanted; do
    PATH="$PATH:/usr/sbin:/sbin" command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair##*:}"
done
[ -z "$missing" ] && exit 0
if command -v apt-get >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ]; then sudo=""; elif sudo -n true 2>/dev/null; then sudo="sudo -n"; else sudo=none; fi
    if [ "$sudo" != none ]; then
        echo "Installing$missing for the failure tests"
        $sudo apt-get update -qq && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
            --no-install-recommends $missing >/dev/null && exit 0
    fi
fi
echo "Some failure tests will not run. Get what they need with: sudo apt-get install$missing"
[ "$REDOUBT_TEST_REQUIRE_SERVERS" = 1 ] && exit 1
exit 0
