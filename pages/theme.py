"""The frame around every page, and the names of all styles."""

from collections.abc import Iterator
from contextlib import contextmanager

from nicegui import ui

from pages.components.messages import say_error

PALETTE = {
    "primary": "#4f46e5",
    "secondary": "#64748b",
    "accent": "#0891b2",
    "positive": "#15803d",
    "negative": "#b91c1c",
    "warning": "#b45309",
    "info": "#0369a1",
    "dark": "#111628",
    "dark_page": "#0b1020",
}
CSS = """
body.body--dark { --q-primary: #818cf8 !important; }
body.body--dark .q-btn.bg-primary, body.body--dark .q-uploader__header { --q-primary: #4f46e5; }
.q-uploader__header { border-radius: 0.75rem 0.75rem 0 0; }
.mlapp-code pre { white-space: pre-wrap; overflow-wrap: anywhere; }
"""

PAGE = "bg-slate-50 dark:bg-[#0b1020]"
SURFACE = "bg-[#fff] dark:bg-[#111628]"
LINE = "border-slate-200 dark:border-slate-700"
CARD = f"w-full rounded-2xl shadow-none border {LINE} {SURFACE} p-5 gap-3"
TITLE = "text-2xl font-semibold tracking-tight"
HEADING = "text-base font-semibold"
TEXT = "text-sm text-slate-700 dark:text-slate-200"
MUTED = "text-sm text-slate-500 dark:text-slate-400"
FIGURE = "text-3xl font-semibold tracking-tight"
GRID = "w-full grid grid-cols-1 md:grid-cols-2 gap-4"
FIGURES = "w-full grid grid-cols-2 lg:grid-cols-4 gap-4"
CONTENT = "w-full max-w-5xl mx-auto px-4 py-6 gap-5"
NAV_LINK = "w-full flex items-center gap-3 rounded-lg px-3 py-2 no-underline text-sm"
NAV_HERE = "bg-indigo-50 dark:bg-[#232a4d] text-indigo-700 dark:text-indigo-200 font-medium"
NAV_ELSEWHERE = "text-slate-600 dark:text-slate-300 hover:bg-slate-100 dark:hover:bg-[#1a2138]"

NAVIGATION = (
    ("/", "Overview", "space_dashboard"),
    ("/train", "Train", "model_training"),
    ("/predict", "Predict", "insights"),
    ("/models", "Models", "inventory_2"),
    ("/jobs", "Jobs", "work_history"),
    ("/health", "Health", "monitor_heart"),
)


@contextmanager
def frame(title: str, path: str, subtitle: str = "") -> Iterator[None]:
    """Draw what all pages share; the page's own elements go inside."""
    ui.page_title(f"{title} · mlapp")
    ui.dark_mode(None)
    ui.colors(**PALETTE)
    ui.add_css(CSS)
    ui.query("body").classes(PAGE)
    ui.query(".nicegui-content").classes("p-0")
    ui.on_exception(_say_sorry)
    drawer = _drawer(path)
    _header(drawer)
    with ui.element("main").classes("w-full"), ui.column().classes(CONTENT) as content:
        with ui.column().classes("gap-1"):
            ui.label(title).classes(TITLE).props("role=heading aria-level=1")
            if subtitle:
                ui.label(subtitle).classes(MUTED)
        yield
    ui.skip_link("Skip to content", target=content)


@contextmanager
def card(heading: str = "", mark: str = "") -> Iterator[ui.card]:
    """Draw a card with a heading."""
    with ui.card().classes(CARD) as drawn:
        if mark:
            drawn.mark(mark)
        if heading:
            ui.label(heading).classes(HEADING).props("role=heading aria-level=2")
        yield drawn


def _drawer(path: str) -> ui.left_drawer:
    # Closed, but shown where there is room: a fixed sidebar on a desktop, an overlay on a phone.
    drawer = ui.left_drawer(value=False).props("width=220 breakpoint=900 show-if-above")
    with drawer.classes(f"{SURFACE} border-r {LINE} p-4 gap-1"):
        with ui.link(target="/").classes("no-underline flex items-center gap-2 px-3 pb-4"):
            ui.icon("hub").classes("text-2xl text-primary")
            ui.label("mlapp").classes("text-lg font-semibold text-slate-800 dark:text-slate-100")
        with ui.element("nav").classes("w-full flex flex-col gap-1").props('aria-label="Pages"'):
            for target, name, icon in NAVIGATION:
                here = target == path
                link = ui.link(target=target).classes(NAV_LINK).classes(NAV_HERE if here else NAV_ELSEWHERE)
                with link.mark(f"nav-{name.lower()}"):
                    if here:
                        link.props("aria-current=page")
                    ui.icon(icon).classes("text-lg")
                    ui.label(name)
    return drawer


def _header(drawer: ui.left_drawer) -> None:
    with ui.header(elevated=False).classes(f"{SURFACE} lg:hidden border-b {LINE} items-center px-2 py-1"):
        menu = ui.button(icon="menu", on_click=drawer.toggle)
        menu.props('flat round dense color=primary aria-label="Open navigation"')
        ui.label("mlapp").classes("font-semibold text-slate-800 dark:text-slate-100")


def _say_sorry() -> None:
    say_error("Something went wrong here; it is in the log. Reload the page to go on.")
