"""The products of members: picked by hand or read from software lists; their private calendars."""

from flask import Flask

from core.api.api import register_api
from inventory import (  # noqa: F401  (these modules register their contents on import)
    api,
    export_account,
    feeds,
    handlers,
    redaction,
    views,
)
from inventory.sharing import api as sharing_api  # noqa: F401
from inventory.sharing import views as sharing_views  # noqa: F401
from inventory.uploads import api as upload_api  # noqa: F401
from inventory.uploads import tasks as upload_tasks  # noqa: F401
from inventory.uploads import views as upload_views  # noqa: F401
from inventory.versions import redaction as version_redaction  # noqa: F401
from inventory.versions import tasks as version_tasks  # noqa: F401


def init_app(app: Flask) -> None:
    """Register the entry points."""
    app.register_blueprint(views.bp)
    register_api(api.bp)
