/** The files of folders that were dropped on the page. */

/** The entries of a drop. Must be called in the event: later the list is empty. */
export function entriesOf(transfer) {
  return [...(transfer?.items ?? [])].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
}

/** All files below the entries, folder by folder in the order of their names. */
export async function filesBelow(entries) {
  const files = [];
  for (const entry of [...entries].sort(byName)) {
    if (entry.isDirectory) files.push(...(await filesBelow(await children(entry))));
    else files.push(await file(entry));
  }
  return files.filter(Boolean);
}

async function children(folder) {
  const reader = folder.createReader();
  const found = [];
  // Browsers hand out a hundred at a time, and an empty list at the end.
  for (;;) {
    const some = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (!some.length) return found;
    found.push(...some);
  }
}

/** Null for a file that cannot be read. */
function file(entry) {
  return new Promise((resolve) => entry.file(resolve, () => resolve(null)));
}

function byName(one, other) {
  return one.name.localeCompare(other.name, undefined, { numeric: true });
}
