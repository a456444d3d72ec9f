"""Security headers and cache headers of every response."""

from flask import Flask, Response, current_app, g, request

from core.web.static_files import allow_caching

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; manifest-src 'self'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def _secure(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if current_app.config["SESSION_COOKIE_SECURE"]:
        below = "; includeSubDomains" if current_app.config["REDOUBT_HSTS_SUBDOMAINS"] else ""
        response.headers.setdefault("Strict-Transport-Security", f"max-age=31536000{below}")
    if request.endpoint == "static":
        allow_caching(response)
    else:
        personal = (
            g.get("private_page")
            or current_app.config["SESSION_COOKIE_NAME"] in request.cookies
            or response.headers.get("Set-Cookie")
        )
        response.headers.setdefault("Cache-Control", "private, no-store" if personal else "private, no-cache")
        response.vary.update(["Cookie"])
    return response


def init_app(app: Flask) -> None:
    """Add the headers to every response."""
    app.after_request(_secure)
