/** A path in its two parts, for a reader: `index.ts` alone says nothing, so there the folder belongs to the name. */
export function namesOf(path: string): { readonly folder: string; readonly name: string } {
  const at = path.lastIndexOf('/');
  if (at < 0) return { folder: '', name: path };
  const cut = /^index\.[^/]*$/.test(path.slice(at + 1)) ? path.lastIndexOf('/', at - 1) : at;
  return { folder: path.slice(0, cut + 1), name: path.slice(cut + 1) };
}
