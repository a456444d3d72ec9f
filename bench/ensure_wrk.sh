#!/bin/sh
# The load comes from wrk: install it where we may, say so where we may not.
command -v wrk >/dev/null 2>&1 && exit 0
if command -v apt-get >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ]; then sudo=""; elif sudo -n true 2>/dev/null; then sudo="sudo -n"; else sudo=none; fi
    if [ "$sudo" != none ]; then
        echo "Installing wrk for the measurements"
        $sudo apt-get update -qq && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
            --no-install-recommends wrk >/dev/null && exit 0
    fi
fi
echo "There is no wrk. Get it with: sudo apt-get install wrk"
exit 1
