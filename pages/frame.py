"""The frame around every page: navigation, default model, running training, theme."""

from collections.abc import Iterator
from contextlib import contextmanager

from nicegui import ui

from mlapp import TITLE
from mlapp.presentation.formats import format_percent
from mlapp.presentation.sentences import headline
from mlapp.schemas import JobStatus
from pages import theme
from pages.components.notifications import notify_error
from pages.components.shortcuts import shortcut, shortcuts_button
from pages.session.site import Site

NAVIGATION = (("/", "Models", "hub"), ("/train", "Train", "model_training"))
OPERATION = (("/jobs", "Jobs", "work_history"), ("/system", "System", "monitor_heart"))
"""Pages for those who look after the server."""


@contextmanager
def frame(site: Site, title: str, path: str, subtitle: str = "") -> Iterator[ui.row]:
    """Draw the frame; the elements of the page go inside, and what stands beside the title into the yielded row."""
    ui.page_title(f"{title} · {TITLE}")
    ui.colors(**theme.PALETTE)
    ui.query("body").classes(theme.PAGE)
    ui.query(".nicegui-content").classes("p-0")
    ui.on_exception(lambda: notify_error("Something went wrong; see the server log. Reload the page to continue."))
    site.live.watch()
    drawer = _drawer(site, path)
    _header(site, drawer)
    with ui.column().classes(theme.CONTENT) as content:
        with ui.column().classes("gap-1 w-full"):
            with ui.row().classes("w-full items-center gap-x-3 gap-y-1") as heading:
                ui.label(title).classes(f"{theme.TITLE} break-words max-w-full").props("role=heading aria-level=1")
            if subtitle:
                ui.label(subtitle).classes(f"{theme.MUTED} break-words max-w-full")
        yield heading
    ui.skip_link("Skip to content", target=content).classes("mlapp-skip")


def _drawer(site: Site, path: str) -> ui.left_drawer:
    # A fixed sidebar on a desktop, an overlay on a phone, where it starts closed.
    drawer = ui.left_drawer(value=False, top_corner=True).props("width=220 breakpoint=1023 show-if-above")
    with drawer.classes(f"{theme.SURFACE} border-r {theme.LINE} p-4 gap-1"):
        with ui.link(target="/").classes("no-underline flex items-center gap-2 px-3 pb-4"):
            ui.icon("hub").classes("text-2xl text-primary")
            ui.label(TITLE).classes("text-lg font-semibold text-slate-800 dark:text-slate-100")
        with ui.element("nav").classes("w-full flex-1 flex flex-col gap-1").props('aria-label="Pages"'):
            for page in NAVIGATION:
                _link(*page, current=path)
            ui.element("div").classes("flex-1")
            for page in OPERATION:
                _link(*page, current=path)
        shortcuts_button()
        if not site.services.access.open:
            _log_out()
    return drawer


def _link(target: str, name: str, icon: str, *, current: str) -> None:
    link = ui.link(target=target).classes(theme.NAV_LINK).mark(f"nav-{name.lower()}")
    with link.classes(theme.NAV_CURRENT if target == current else theme.NAV_OTHER):
        shortcut(link, name)
        if target == current:
            link.props("aria-current=page")
        ui.icon(icon).classes("text-lg")
        ui.label(name)


def _log_out() -> None:
    form = ui.element("form").props("method=post").classes("w-full")
    form.props["action"] = f"{ui.context.client.request.scope['root_path']}/logout"
    with form:
        ui.button("Log out", icon="logout").props("type=submit flat align=left").classes("w-full")


def _header(site: Site, drawer: ui.left_drawer) -> None:
    header = ui.header(elevated=False).classes(f"{theme.SURFACE} border-b {theme.LINE} items-center px-3 py-1.5 gap-2")
    with header.classes("flex-nowrap"):
        menu = ui.button(icon="menu", on_click=drawer.toggle).classes("lg:hidden")
        menu.props('flat round dense color=primary aria-label="Open navigation"')
        ui.element("div").classes("flex-1")
        _training_chip(site)
        _default_chip(site)
        _theme_menu()


def _training_chip(site: Site) -> None:
    """Show the progress of the running training."""
    link = ui.link(target="/jobs").classes(theme.CHIP).mark("training-now")
    with link:
        ui.spinner(size="1em")
        ui.label("Training").classes("max-sm:hidden")
        name = ui.label().classes("font-medium truncate max-w-[12rem] max-sm:hidden")
        progress = ui.label().classes("whitespace-nowrap")

    def show() -> None:
        running = [job for job in site.live.jobs if job.status is JobStatus.RUNNING]
        link.set_visibility(bool(running))
        if running:
            # Jobs are sorted newest first; the oldest one ends next.
            name.set_text(running[-1].model or "")
            progress.set_text(format_percent(round(running[-1].progress, 2), nominal=True))

    show()
    site.live.jobs_changed.subscribe(show)


def _default_chip(site: Site) -> None:
    """Show the default model."""
    link = ui.link(target="/train").classes(theme.CHIP).mark("default-now")
    with link:
        dot = ui.icon("circle").classes("text-[0.6rem]")
        name = ui.label().classes("font-medium truncate max-w-[10rem] sm:max-w-[14rem]")
        description = ui.label().classes("max-md:hidden truncate max-w-[20rem] text-slate-600 dark:text-slate-400")
        with ui.tooltip() as tooltip:
            tip = ui.label()
    tooltip.classes("text-xs")

    def show() -> None:
        model, info = site.live.default, site.live.active(site.live.default)
        dot.classes("text-positive" if info else "text-slate-400", remove="text-positive text-slate-400")
        name.set_text(model or "No model yet")
        description.set_text(headline(info) if info else "")
        tip.set_text("The default model: it answers programs that name no model" if model else "Train the first model")
        link.props["href"] = f"/models/{model}" if model else "/train"

    show()
    site.live.models_changed.subscribe(show)


def _theme_menu() -> None:
    current = ui.context.client.request.cookies.get(theme.COOKIE, "auto")
    current = current if current in theme.THEMES else "auto"
    dark = ui.dark_mode(theme.THEMES[current][0])

    def select(name: str) -> None:
        dark.set_value(theme.THEMES[name][0])
        button.set_icon(theme.THEMES[name][2])
        # In the browser, so that the server needs no session.
        ui.run_javascript(f"document.cookie = '{theme.COOKIE}={name}; path=/; max-age=31536000; samesite=lax'")

    button = ui.button(icon=theme.THEMES[current][2]).props('flat round dense color=primary aria-label="Theme"')
    with button.mark("theme"), ui.menu().props("auto-close"):
        for name, (_, text, _) in theme.THEMES.items():
            ui.menu_item(text, lambda name=name: select(name)).mark(f"theme-{name}")
