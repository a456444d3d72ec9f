# Varnish (6.0 or later, with the module xkey of varnish-modules) between nginx, which ends TLS, and the hosts:
# /etc/varnish/default.vcl. It keeps visitors' pages for REDOUBT_EDGE_SECONDS and drops those that change:
#
#   REDOUBT_EDGE_SECONDS=60
#   REDOUBT_EDGE_STALE_SECONDS=10
#   REDOUBT_EDGE_PURGE_URLS=http://10.0.0.4:6081
#   REDOUBT_PROXIES=2
vcl 4.1;

import std;
import xkey;

backend host1 {
    .host = "10.0.0.11";
    .port = "8000";
}

acl workers {
    "10.0.0.11";
    "10.0.0.12";
    "10.0.0.13";
}

sub vcl_recv {
    if (req.method == "PURGE") {
        if (!client.ip ~ workers || !req.http.Surrogate-Key) {
            return (synth(405));
        }
        # The pages are dropped, not marked as old: what was hidden must not be served once more.
        set req.http.X-Purged = xkey.purge(req.http.Surrogate-Key);
        return (synth(200, "Purged " + req.http.X-Purged));
    }
    if (req.method != "GET" && req.method != "HEAD") {
        return (pass);
    }
    # A session, a token, any cookie but the theme's: not from the cache, and not into it.
    if (req.http.Authorization) {
        return (pass);
    }
    if (req.http.Cookie && req.http.Cookie !~ "^theme=(light|dark)$") {
        return (pass);
    }
    return (hash);
}

sub vcl_hash {
    hash_data(req.http.X-Forwarded-Proto);
}

sub vcl_backend_response {
    # Only what the site calls public; its Vary names the cookie, the language and the encoding.
    if (beresp.http.Cache-Control !~ "public" || beresp.http.Set-Cookie) {
        set beresp.uncacheable = true;
        set beresp.ttl = 0s;
        return (deliver);
    }
    set beresp.http.xkey = beresp.http.Surrogate-Key;
    set beresp.keep = 0s;
    # How long an old page may be sent while the new one is fetched.
    set beresp.grace = 0s;
    if (beresp.http.Cache-Control ~ "stale-while-revalidate=[0-9]+") {
        set beresp.grace = std.duration(
            regsub(beresp.http.Cache-Control, ".*stale-while-revalidate=([0-9]+).*", "\1") + "s", 0s);
    }
}

sub vcl_deliver {
    unset resp.http.xkey;
    unset resp.http.Surrogate-Key;
}
