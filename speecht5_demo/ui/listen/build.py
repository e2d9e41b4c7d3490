"""The blind listening test at /listen: `build` lays out the page and returns what serves it.

with demo.route("Listen", "/listen"):
    server = build(context)
demo.launch(i18n=I18N, app_kwargs={"routes": server.routes})
"""

from __future__ import annotations

from pathlib import Path

from speecht5_demo.hosting.choosing import study_store
from speecht5_demo.hosting.study_copies import kept_name, kept_or_prepared
from speecht5_demo.listening.manifest import Manifest
from speecht5_demo.listening.preparation import Progress
from speecht5_demo.listening.study import load_study
from speecht5_demo.listening.tickets import server_secret
from speecht5_demo.study_preparation import SHIPPED_STUDY, prepare_study
from speecht5_demo.ui.context import AppContext
from speecht5_demo.ui.listen.http import StudyServer
from speecht5_demo.ui.listen.page import listen_page
from speecht5_demo.ui.listen.served_study import ServedStudy
from speecht5_demo.ui.listen.texts import I18N

__all__ = ["I18N", "build"]


def build(context: AppContext) -> StudyServer:
    """Lay out the page in the open route; open the deployment's study, or make the shipped one ready."""
    settings = context.settings
    shipped = settings.prepare_study and settings.study == settings.data / "study"

    def make(folder: Path, on_progress: Progress) -> Manifest:
        recipe, store = load_study(SHIPPED_STUDY), study_store()

        def spoken() -> Manifest:
            secret = server_secret(settings.data)
            return prepare_study(recipe, context.synthesizer, folder, on_progress, secret=secret)

        if store is None:
            return spoken()
        return kept_or_prepared(store, kept_name(recipe, context.checkpoint.digest), folder, spoken)

    study = ServedStudy(
        settings.study, settings.ratings, context.ratings, settings.data, make if shipped else None
    )
    listen_page()
    study.open()
    return StudyServer(study)
