"""Vue templates of the list of versions: cells of the table, and cards on a phone. User text is inserted as text.

The key of a row is the version; its further values are `active`, `breaking` (reasons), `suspicious` (the reason, or
empty), `phrase` (the verdict), `unusable` (the reason, or empty) and `note`. Links are relative, so that they work
under any prefix.
"""

_MENU = """
<q-btn flat round dense icon="more_vert" color="primary" :aria-label="'Actions for version ' + props.row.key">
  <q-menu auto-close anchor="bottom right" self="top right">
    <q-list style="min-width: 12rem">
      <q-item clickable tag="a" :href="'versions/' + props.row.key">
        <q-item-section avatar class="min-w-0"><q-icon name="open_in_new" size="xs" /></q-item-section>
        <q-item-section>Open</q-item-section>
      </q-item>
      <q-item clickable tag="a" :href="'predict?version=' + props.row.key" :disable="!!props.row.unusable">
        <q-item-section avatar class="min-w-0"><q-icon name="insights" size="xs" /></q-item-section>
        <q-item-section>Predict with it</q-item-section>
      </q-item>
      <q-item clickable :disable="props.row.active || !!props.row.unusable"
              @click="$parent.$emit('act', ['activate', props.row.key])">
        <q-item-section avatar class="min-w-0"><q-icon name="bolt" size="xs" /></q-item-section>
        <q-item-section>Activate</q-item-section>
      </q-item>
      <q-item clickable @click="$parent.$emit('act', ['annotate', props.row.key])">
        <q-item-section avatar class="min-w-0"><q-icon name="edit_note" size="xs" /></q-item-section>
        <q-item-section>Note</q-item-section>
      </q-item>
      <q-item clickable :disable="props.row.active" @click="$parent.$emit('act', ['delete', props.row.key])">
        <q-item-section avatar class="min-w-0"><q-icon name="delete" size="xs" color="negative" /></q-item-section>
        <q-item-section class="text-negative">Delete</q-item-section>
      </q-item>
    </q-list>
  </q-menu>
</q-btn>
"""
_NAME = """
<span class="inline-flex items-center gap-2">
  <a class="font-medium text-primary no-underline hover:underline" :href="'versions/' + props.row.key"
    >Version {{ props.row.key }}</a>
  <q-badge v-if="props.row.active" color="positive">active</q-badge>
  <span v-if="props.row.unusable" role="img" tabindex="0" :aria-label="props.row.unusable"
    ><q-icon name="warning" color="warning" size="xs" />
    <q-tooltip max-width="20rem">{{ props.row.unusable }}</q-tooltip></span>
</span>
"""
_PHRASE = """
<span class="block text-xs text-slate-600 dark:text-slate-400 whitespace-normal max-w-[26rem]"
  >{{ props.row.phrase }}</span>
"""
_BREAKING = """
<span v-if="props.row.breaking.length" class="block text-xs text-warning whitespace-normal max-w-[16rem] CLAMP"
      :title="props.row.breaking.join('\\n')">Would break callers: {{ props.row.breaking.join("; ") }}</span>
"""
_SCORE = """
<span class="inline-flex items-center gap-1">PREFIX{{ props.row.c3 }}
  <span v-if="props.row.suspicious" role="img" tabindex="0" :aria-label="props.row.suspicious"
    ><q-icon name="warning_amber" color="warning" size="xs" />
    <q-tooltip max-width="20rem">{{ props.row.suspicious }}</q-tooltip></span>
</span>
"""
_SELECT = """
<q-checkbox dense v-model="props.selected" :aria-label="'Select version ' + props.row.key" />
"""
CELLS = {
    "header-selection": '<q-checkbox dense v-model="props.selected" aria-label="Select all versions of this page" />',
    "body-selection": _SELECT,
    "body-cell-c0": f'<q-td :props="props">{_NAME}{_PHRASE}{_BREAKING.replace("CLAMP", "line-clamp-2")}</q-td>',
    "body-cell-c3": f'<q-td :props="props">{_SCORE.replace("PREFIX", "")}</q-td>',
    "body-cell-c5": """
<q-td :props="props">
  <span class="block truncate max-w-[16rem]" :title="props.value"
    >{{ props.value }} <span class="text-slate-600 dark:text-slate-400">· {{ props.row.c4 }} rows</span></span>
  <span class="block truncate max-w-[16rem] text-xs text-slate-600 dark:text-slate-400">{{ props.row.c2 }}</span>
  <span v-if="props.row.note" class="block truncate max-w-[16rem] text-xs italic" :title="props.row.note"
    >{{ props.row.note }}</span>
</q-td>
""",
    "body-cell-c6": f'<q-td :props="props" auto-width>{_MENU}</q-td>',
}
CARD = f"""
<div class="w-full flex flex-nowrap items-start gap-3 py-3 border-t border-slate-200 dark:border-slate-700">
  <div class="pt-1">{_SELECT}</div>
  <div class="flex-1 min-w-0 flex flex-col flex-nowrap gap-1">
    {_NAME}
    {_PHRASE}
    <span class="text-sm">{_SCORE.replace("PREFIX", "")}</span>
    <span class="text-xs text-slate-600 dark:text-slate-400 break-words"
      >{{{{ props.row.c5 }}}} · {{{{ props.row.c4 }}}} rows · {{{{ props.row.c2 }}}}</span>
    <span class="text-xs text-slate-600 dark:text-slate-400">{{{{ props.row.c1 }}}}</span>
    <span v-if="props.row.note" class="text-xs line-clamp-2 break-words" :title="props.row.note"
      >{{{{ props.row.note }}}}</span>
    {_BREAKING.replace("CLAMP", "line-clamp-4")}
  </div>
  {_MENU}
</div>
"""
