/**
 * Sorts paths into at most `most` groups by folder: the largest is split into the folders in it, again and again, for as long as there is room and it is
 * large. The name of a group is the folder that all of it is in, `''` for the root itself. The largest comes first.
 */
export function groupsOf(paths: Iterable<string>, most: number): Map<string, string[]> {
  const all = [...paths];
  const small = Math.max(2, all.length / 20);
  let groups = new Map<string, string[]>(all.length === 0 ? [] : [narrowed('', all)]);
  const whole = new Set<string>();
  for (;;) {
    const [largest] = [...groups].filter(([folder]) => !whole.has(folder)).sort(([, a], [, b]) => b.length - a.length);
    if (largest === undefined || largest[1].length <= small) break;
    const [folder, members] = largest;
    const parts = split(folder, members, most - groups.size + 1);
    // What lies in the folder itself cannot be split further.
    whole.add(folder);
    if (parts.size > 1) groups = new Map([...[...groups].filter(([name]) => name !== folder), ...parts]);
  }
  return new Map([...groups].sort(([a, m], [b, n]) => n.length - m.length || (a < b ? -1 : 1)));
}

/** The folders in a folder, the largest `room` of them; all else stays with the folder. */
function split(folder: string, members: string[], room: number): Map<string, string[]> {
  const parts = new Map<string, string[]>();
  for (const path of members) add(parts, path.slice(0, path.indexOf('/', folder.length) + 1) || folder, path);
  const folders = [...parts].filter(([name]) => name !== folder && name.length > folder.length);
  folders.sort(([a, m], [b, n]) => n.length - m.length || (a < b ? -1 : 1));
  const rest = members.length - folders.reduce((sum, [, part]) => sum + part.length, 0);
  const kept = folders.slice(0, rest > 0 || folders.length > room ? Math.max(0, room - 1) : room);
  const names = new Set(kept.map(([name]) => name));
  const result = new Map<string, string[]>(kept.map(([name, part]) => narrowed(name, part)));
  for (const path of members) {
    const end = path.indexOf('/', folder.length);
    if (end < 0 || !names.has(path.slice(0, end + 1))) add(result, folder, path);
  }
  return result;
}

function add(groups: Map<string, string[]>, name: string, path: string): void {
  const group = groups.get(name);
  if (group === undefined) groups.set(name, [path]);
  else group.push(path);
}

/** With the deepest folder that still holds them all. */
function narrowed(folder: string, members: string[]): [string, string[]] {
  let deepest = folder;
  for (;;) {
    const first = members[0] ?? '';
    const end = first.indexOf('/', deepest.length);
    const next = first.slice(0, end + 1);
    if (end < 0 || !members.every((path) => path.startsWith(next))) return [deepest, members];
    deepest = next;
  }
}

/** Gives each group the hue it had, and each new one a free one, as long as there are hues; a group without one is not in the answer. */
export function huesOf(
  groups: Iterable<string>,
  before: ReadonlyMap<string, number>,
  count: number,
): Map<string, number> {
  const hues = new Map<string, number>();
  const names = [...groups].slice(0, count);
  for (const name of names) {
    const hue = before.get(name);
    if (hue !== undefined) hues.set(name, hue);
  }
  const taken = new Set(hues.values());
  const free = Array.from({ length: count }, (_, hue) => hue).filter((hue) => !taken.has(hue));
  for (const name of names) if (!hues.has(name)) hues.set(name, free.shift() ?? 0);
  return hues;
}
