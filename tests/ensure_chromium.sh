#!/bin/sh
# Install Chromium for the browser tests if this user may install packages, else print how.
for name in chromium chromium-browser google-chrome; do command -v "$name" >/dev/null 2>&1 && exit 0; done
if command -v apt-get >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ]; then sudo=""; elif sudo -n true 2>/dev/null; then sudo="sudo -n"; else sudo=none; fi
    if [ "$sudo" != none ]; then
        echo "Installing Chromium for the browser tests"
        $sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq chromium >/dev/null && exit 0
    fi
fi
echo "Browser tests will not run: no Chromium. Get it with: sudo apt-get install chromium"
[ "$REDOUBT_TEST_REQUIRE_BROWSER" = 1 ] && exit 1
exit 0
