"""The card that suits a version: a threshold for two classes, costs for several, none for numbers."""

from functools import partial

from mlapp.schemas import ModelPatch, VersionInfo
from pages.components.decision.cost_matrix import MAX_CLASSES, CostCard
from pages.components.decision.threshold import ThresholdCard
from pages.components.notifications import notify_result
from pages.session.site import Site


def decision_card(site: Site, info: VersionInfo) -> None:
    """Draw the card of the active version of a model."""
    services, model = site.services, info.model

    async def save(patch: ModelPatch, success: str) -> None:
        await notify_result(services.models.update(model, patch), success)
        site.live.notify_edited(model)
        await site.live.refresh()

    if info.threshold_curve:
        ThresholdCard(info, info.threshold_curve, save)
    elif info.classes and 2 < len(info.classes) <= MAX_CLASSES:
        names = info.plots.confusion.classes if info.plots.confusion else []
        CostCard(info, names, partial(services.prediction.trials.try_costs, model), save)
