"""The whole site: create_app() joins the packages; `python app.py` serves it with its worker."""

import os
import signal
import sys

import admin
import alerts
import auth
import bulletins
import core
import demo
import deployment
import forum
import home
import inventory
import kb
import moderation
import notifications
import posts
import products
import search
from core import cli
from core.database import schema
from core.web import embedded_server
from core.web.site import Site

PACKAGES = (
    core,
    auth,
    posts,
    search,
    products,
    inventory,
    forum,
    kb,
    bulletins,
    notifications,
    alerts,
    moderation,
    deployment,
    home,
    admin,
    demo,
)  # from the lowest layer up


def create_app(**config) -> Site:
    """Build the site; `config` (REDOUBT_… or Flask keys) goes before the environment."""
    app = Site(__name__)
    app.config.update(config)
    for package in PACKAGES:
        package.init_app(app)
    if os.environ.get("FLASK_RUN_FROM_CLI") == "true":
        with app.app_context():
            cli.prepare(cli.command_of(sys.argv[1:]))
    return app


def main() -> None:
    """Serve on PORT (8000) at HOST (127.0.0.1) until interrupted."""
    host, port = os.environ.get("HOST", "127.0.0.1"), os.environ.get("PORT", "8000")
    app = create_app()
    try:
        if not 0 < (port := int(port)) < 65_536:  # the system would take another for it
            raise ValueError("there is no such port")
        server = embedded_server.create(app, host=host, port=port)
    except (OSError, ValueError) as error:
        sys.exit(f"{host}:{port} cannot be served ({error}). Choose by HOST and PORT: PORT=9000 make run")
    with app.app_context():
        schema.ensure()
    worker = app.extensions["worker"]
    if app.config["REDOUBT_WORKER"]:
        worker.start()
    app.begin()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    shown = f"[{host}]" if ":" in host else host
    print(f"{app.config['REDOUBT_SITE_NAME']} is at http://{shown}:{port}/", flush=True)
    try:
        server.run()
    finally:
        worker.stop()


if __name__ == "__main__":
    main()
