import { make } from './elements.js';
import type { Link } from './model/view.js';
import { namesOf } from './model/names.js';

/** What a line of a list says of a module: its name, quieter its folder, and what is wanted beside it. */
export function moduleLine(path: string, onCycle: boolean, ...beside: readonly (Node | string)[]): Node[] {
  const { folder, name } = namesOf(path);
  const parts = [make('span', onCycle ? { class: 'name cyclic' } : { class: 'name' }, name)];
  if (folder !== '') parts.push(make('span', { class: 'folder' }, folder));
  parts.push(make('span', { class: 'beside' }, ...beside));
  return parts;
}

/** How it is imported, where that is not the usual way. */
export function kindTags({ kinds }: Link): Node[] {
  return kinds
    .filter((kind) => kind !== 'static')
    .map((kind) => make('span', { class: 'tag' }, kind === 'export' ? 're-export' : kind));
}
