"""Colours, CSS and named style classes."""

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
INK, FAINT, RULE, SHEET = "var(--mlapp-ink)", "var(--mlapp-faint)", "var(--mlapp-rule)", "var(--mlapp-sheet)"
"""Colours of charts: text, secondary text, lines, background. CSS variables, which follow the light or dark theme."""
SERIES = ("#6366f1", "#0891b2", "#d97706", "#16a34a", "#db2777", "#7c3aed", "#65a30d", "#0284c7", "#dc2626", "#64748b")
"""Colours of chart series, in both themes."""
CSS = """
body { --mlapp-ink: #1e293b; --mlapp-faint: #5b6b80; --mlapp-rule: #e2e8f0; --mlapp-sheet: #ffffff; }
body.body--dark { --mlapp-ink: #e2e8f0; --mlapp-faint: #a3b1c6; --mlapp-rule: #2c3654; --mlapp-sheet: #161d35; }
body.body--dark { --q-primary: #818cf8 !important; --q-negative: #f87171 !important; --q-positive: #4ade80 !important;
                  --q-warning: #fbbf24 !important; }
body.body--dark .q-btn.bg-primary, body.body--dark .q-uploader__header { --q-primary: #4f46e5; }
body.body--dark .q-btn.bg-negative, body.body--dark .q-notification.bg-negative { --q-negative: #b91c1c; }
body.body--dark .q-notification.bg-positive, body.body--dark .q-badge.bg-positive { --q-positive: #15803d; }
body.body--dark .q-badge.bg-warning { --q-warning: #b45309; }
.q-uploader { max-height: none; }
.q-uploader__header { background: transparent !important; color: inherit; }
.q-uploader__list { display: none; }
.mlapp-drop button { width: 100%; display: flex; flex-direction: column; align-items: center; gap: 0.25rem;
                     padding: 1.5rem 1rem; border: 2px dashed var(--mlapp-rule); border-radius: 0.75rem;
                     color: var(--mlapp-ink); background: transparent; cursor: pointer; }
.mlapp-drop button:hover, .q-uploader--dnd .mlapp-drop button { border-color: var(--q-primary); }
.mlapp-drop span { color: var(--mlapp-faint); font-size: 0.875rem; }
.mlapp-drop label { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.mlapp-target { display: none; border-radius: 1rem; padding: 0 0.5rem; font-size: 0.75rem; font-weight: 500;
                color: #fff; background: #4f46e5; }
[aria-pressed=true] .mlapp-target { display: block; }
.mlapp-scroll .q-table__middle { overflow: visible; }
.mlapp-code pre { white-space: pre-wrap; overflow-wrap: anywhere; }
.mlapp-skip:focus { top: 0.5rem; }
:focus-visible { outline: 2px solid var(--q-primary); outline-offset: 2px; }
@media (prefers-reduced-motion: reduce) { * { animation-duration: 0.01s !important; transition: none !important; } }
"""
LOGIN_CSS = """
:root { color-scheme: light dark; }
[data-theme=light] { color-scheme: light; }
[data-theme=dark] { color-scheme: dark; }
* { box-sizing: border-box; font-family: Roboto, system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem;
       color: light-dark(#1e293b, #e2e8f0); background: light-dark(#f8fafc, #0b1020); }
main { width: 100%; max-width: 24rem; padding: 1.5rem; border: 1px solid light-dark(#e2e8f0, #2c3654);
       border-radius: 1rem; background: light-dark(#fff, #111628); }
.brand { margin: 0; font-weight: 600; color: light-dark(#4f46e5, #818cf8); }
h1 { margin: 0.25rem 0 0; font-size: 1.5rem; }
p { font-size: 0.875rem; line-height: 1.4; color: light-dark(#475569, #a3b1c6); }
label { display: block; margin-bottom: 0.25rem; font-size: 0.875rem; }
input { width: 100%; padding: 0.625rem 0.75rem; font-size: 1rem; border: 1px solid #64748b;
        border-radius: 0.5rem; color: inherit; background: transparent; }
[role=alert] { min-height: 1.25rem; margin: 0.5rem 0; color: light-dark(#b91c1c, #f87171); }
button { width: 100%; padding: 0.625rem; font-size: 1rem; font-weight: 500; cursor: pointer; border: 0;
         border-radius: 0.5rem; color: #fff; background: #4f46e5; }
:focus-visible { outline: 2px solid light-dark(#4f46e5, #818cf8); outline-offset: 2px; }
"""
"""The style of the login page, which loads no files."""

PAGE = "bg-slate-50 dark:bg-[#0b1020]"
SURFACE = "bg-[#fff] dark:bg-[#111628]"
LINE = "border-slate-200 dark:border-slate-700"
CARD = f"w-full rounded-2xl shadow-none border {LINE} {SURFACE} p-4 sm:p-5 gap-3"
TITLE = "text-2xl font-semibold tracking-tight"
HEADING = "text-base font-semibold"
LEAD = "text-xl font-semibold"
TEXT = "text-sm text-slate-700 dark:text-slate-200"
MUTED = "text-sm text-slate-600 dark:text-slate-400"
SMALL = "text-xs text-slate-600 dark:text-slate-400"
LINK = "text-sm font-medium text-primary no-underline hover:underline"
FIGURE = "text-3xl font-semibold tracking-tight"
GRID = "w-full grid grid-cols-1 md:grid-cols-2 gap-4"
FIGURES = "w-full grid grid-cols-2 lg:grid-cols-4 gap-4"
CONTENT = "w-full max-w-6xl mx-auto px-4 py-6 gap-5"
ROW = f"w-full py-3 border-b {LINE} last:border-b-0"
CHIP = f"flex items-center gap-2 rounded-full border {LINE} px-3 py-1 no-underline {TEXT} max-w-full min-w-0"
NAV_LINK = "w-full flex items-center gap-3 rounded-lg px-3 py-2 no-underline text-sm"
NAV_CURRENT = "bg-indigo-50 dark:bg-[#232a4d] text-indigo-700 dark:text-indigo-200 font-medium"
NAV_OTHER = "text-slate-600 dark:text-slate-300 hover:bg-slate-100 dark:hover:bg-[#1a2138]"
COLUMNS = "grid-cols-[minmax(0,1fr)_3.5rem_4.5rem] sm:grid-cols-[minmax(0,3fr)_5.5rem_4.5rem_8rem_minmax(0,3fr)]"
COLUMN = f"w-full grid {COLUMNS} items-center gap-x-3 sm:gap-x-4 px-3 py-1 text-left rounded-lg border cursor-pointer"
COLUMN_HEADS = f"w-full grid {COLUMNS} gap-x-4 px-3 max-sm:hidden {SMALL}"
SELECTED = "border-indigo-600 dark:border-indigo-400 bg-indigo-50 dark:bg-[#232a4d]"
UNSELECTED = "border-transparent bg-transparent hover:bg-slate-100 dark:hover:bg-[#1a2138]"
DATASET = "w-full grid grid-cols-[1fr_auto] gap-x-3 px-3 py-2 text-left rounded-lg border cursor-pointer"

COOKIE = "mlapp-theme"
THEMES = {
    "auto": (None, "System", "brightness_auto"),
    "light": (False, "Light", "light_mode"),
    "dark": (True, "Dark", "dark_mode"),
}
"""Name → whether it is dark, label, icon."""
