"""Colours and named style classes; CSS is in `style.css`."""

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
THIRDS = "w-full grid grid-cols-1 sm:grid-cols-2 lg:grid-cols-3 gap-3"
COLUMNS = "sm:grid-cols-[minmax(0,5fr)_6.5rem_4rem_6rem_minmax(0,4fr)_13.5rem]"
COLUMN = f"w-full flex flex-wrap sm:grid {COLUMNS} items-center gap-x-3 gap-y-1 px-3 py-1.5 rounded-lg border"
COLUMN_HEADS = f"w-full max-sm:hidden grid {COLUMNS} gap-x-3 px-3 {SMALL}"
COLUMN_NOTES = "w-full sm:col-span-full flex flex-col gap-1 min-w-0"
SEGMENTS = f"flex rounded-md border {LINE} overflow-hidden shrink-0"
SEGMENT = "px-2.5 h-7 text-xs font-medium cursor-pointer border-0"
SEGMENT_ON = "bg-indigo-600 text-[#fff]"
SEGMENT_OFF = "bg-transparent text-slate-600 dark:text-slate-300 hover:bg-slate-100 dark:hover:bg-[#1a2138]"
TRAIN_BAR = f"w-full items-center gap-x-4 gap-y-1 rounded-2xl border {LINE} {SURFACE} px-4 py-3 sticky bottom-3 z-10"
SELECTED = "border-indigo-600 dark:border-indigo-400 bg-indigo-50 dark:bg-[#232a4d]"
UNSELECTED = "border-transparent bg-transparent hover:bg-slate-100 dark:hover:bg-[#1a2138]"
DATASET = "w-full grid grid-cols-[1fr_auto] gap-x-3 px-3 py-2 text-left rounded-lg border cursor-pointer"

TAB_BAR = "mlapp-tabs w-full flex flex-nowrap gap-x-3 sm:gap-x-6 overflow-x-auto"
TAB = "py-2 text-sm font-medium whitespace-nowrap no-underline"
TAB_CURRENT = "text-indigo-700 dark:text-indigo-300 shadow-[inset_0_-2px_0_var(--q-primary)]"
TAB_OTHER = "text-slate-600 dark:text-slate-300 hover:text-slate-900 dark:hover:text-white"
BADGE = "rounded-full px-2.5 py-0.5 text-xs font-medium whitespace-nowrap"
BADGE_GOOD = f"{BADGE} bg-emerald-100 dark:bg-emerald-900 text-emerald-800 dark:text-emerald-100"
BADGE_PLAIN = f"{BADGE} bg-slate-200 dark:bg-slate-700 text-slate-700 dark:text-slate-200"
BADGE_WARNING = f"{BADGE} bg-amber-100 dark:bg-amber-900 text-amber-900 dark:text-amber-100"
BADGE_MAIN = f"{BADGE} bg-indigo-100 dark:bg-[#2d3566] text-indigo-800 dark:text-indigo-100"
SAMPLES = "w-full items-baseline justify-center gap-x-3 gap-y-1 mt-2 min-h-5 max-sm:min-h-11"
CARDS = "w-full grid grid-cols-1 lg:grid-cols-2 gap-3"
MODEL_CARD = (
    f"relative w-full min-w-0 rounded-xl shadow-none border {LINE} {SURFACE} p-4 gap-2 flex flex-col flex-nowrap "
    "hover:border-indigo-400 dark:hover:border-indigo-400"
)
COVER_LINK = "mlapp-cover no-underline text-slate-900 dark:text-slate-100"

KEY = f"rounded border {LINE} px-1.5 py-0.5 text-xs font-mono {TEXT}"
SMALL_BUTTON = "outline dense padding='1px 10px' size=12px"
FOLD = "dense header-class='px-0 text-sm font-medium'"
"""Props of a section that unfolds."""
FIELD = "outlined dense"
"""Props of input fields."""

COOKIE = "mlapp-theme"
THEMES = {
    "auto": (None, "System", "brightness_auto"),
    "light": (False, "Light", "light_mode"),
    "dark": (True, "Dark", "dark_mode"),
}
"""Name → whether it is dark, label, icon."""
