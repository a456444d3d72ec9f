#!/bin/sh
# Install PostgreSQL for the tests that start their own server if this user may install packages, else print
# how. Debian may start a cluster when it installs it; no test uses that one.
for found in /usr/lib/postgresql/*/bin/initdb; do [ -x "$found" ] && exit 0; done
command -v initdb >/dev/null 2>&1 && exit 0
if command -v apt-get >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ]; then sudo=""; elif sudo -n true 2>/dev/null; then sudo="sudo -n"; else sudo=none; fi
    if [ "$sudo" != none ]; then
        echo "Installing PostgreSQL for the tests on it"
        $sudo apt-get update -qq && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
            --no-install-recommends postgresql >/dev/null && exit 0
    fi
fi
echo "Tests on PostgreSQL will not run: no server. Get it with: sudo apt-get install postgresql"
[ "$REDOUBT_TEST_REQUIRE_POSTGRES" = 1 ] && exit 1
exit 0
