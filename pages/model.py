"""The page of one model: how good it is, what it expects, how it was made."""

from nicegui import ui

from mlapp.errors import NotFound
from mlapp.schemas import Feature, Model
from mlapp.services.wording import figure, headline
from pages.components.cards import card
from pages.components.plots import importance_plot, plots
from pages.components.scores import leaderboard, scores
from pages.components.tables import plain_table
from pages.components.warnings import warnings
from pages.frame import frame
from pages.site import Site
from pages.theme import GRID, MUTED, TEXT


def register(site: Site) -> None:
    """Add the page."""
    services = site.services

    @ui.page("/models/{version}")
    async def model(version: str) -> None:
        try:
            found = await services.models.get(version)
        except NotFound as error:
            ui.status_code(404)
            with frame(site, "No such model", "/models"), card():
                ui.label(error.detail).classes(TEXT)
                ui.link("All models", "/models")
            return
        with frame(site, f"Model {found.version}", "/models", f"It {headline(found)}."):
            _details(found)


def _details(model: Model) -> None:
    with card("How good it is"):
        scores(model)
    if model.warnings:
        with card("What to look at before trusting it"):
            warnings(model.warnings)
    with ui.element("div").classes(GRID):
        with card("Estimators compared"):
            leaderboard(model)
        with card("What it looks at"):
            importance_plot([("", model.importance)])
    plots([model])
    with card("Signature"):
        rows = [
            (f.name, f.type, "" if f.required else "may be missing", _seen(f), str(f.example)) for f in model.features
        ]
        plain_table(("Feature", "Type", "Gaps", "Seen in training", "Example"), rows, page_rows=20)
        for column in model.ignored:
            ui.label(f"{column.name} is left out: it {column.reason}.").classes(MUTED)
    with card("How it was made"):
        facts = {
            "Estimator": model.estimator,
            "Rows": f"{model.rows:,} ({model.rows_dropped:,} without a target left out)",
            "Trained": f"{model.created_at:%Y-%m-%d %H:%M} UTC, in {figure(model.training_seconds)} s",
            "Seed": str(model.seed),
            "Libraries": ", ".join(f"{name} {version}" for name, version in model.library_versions.items()),
            "Table": f"SHA-256 {model.data_sha256[:16]}…",
            "Note": model.note or "none",
        } | {f"Parameter {name}": str(value) for name, value in model.parameters.items() if value is not None}
        plain_table(("", ""), list(facts.items())).props("hide-header")


def _seen(feature: Feature) -> str:
    if feature.categories is not None:
        return ", ".join(feature.categories[:5]) + (" …" if len(feature.categories) > 5 else "")
    if feature.min is None:
        return "true or false"
    return f"{feature.min} to {feature.max}"
