"""CSRF protection, trusted proxies, and Flask-Babel."""

from flask import Flask
from flask_babel import Babel
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

csrf = CSRFProtect()
babel = Babel()


def init_app(app: Flask) -> None:
    """Attach CSRF protection and translations; trust as many proxies as REDOUBT_PROXIES says."""
    if hops := app.config["REDOUBT_PROXIES"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    csrf.init_app(app)
    babel.init_app(app)
