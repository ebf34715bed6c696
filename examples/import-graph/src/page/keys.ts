/** What can be done by a key, wherever the focus is but in a field. */
export interface Keys {
  search(): void;
  escape(): void;
  zoom(closer: boolean): void;
  fit(): void;
  switchSize(): void;
  switchTheme(): void;
  help(): void;
}

/** Listens to the keys of the page. Whatever belongs to the browser or to a field is left to it. */
export function listenToKeys(keys: Keys): void {
  const actions: Readonly<Record<string, () => void>> = {
    '/': () => keys.search(),
    '+': () => keys.zoom(true),
    '=': () => keys.zoom(true),
    '-': () => keys.zoom(false),
    '0': () => keys.fit(),
    s: () => keys.switchSize(),
    t: () => keys.switchTheme(),
    '?': () => keys.help(),
  };
  document.addEventListener('keydown', (event) => {
    // What composes letters in a field has keys of its own.
    if (event.isComposing || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector('dialog[open]') !== null) return;
    if (event.key === 'Escape') {
      keys.escape();
      return;
    }
    const { target } = event;
    if (target instanceof HTMLInputElement && target.type === 'text') return;
    const action = Object.hasOwn(actions, event.key) ? actions[event.key] : undefined;
    if (action === undefined) return;
    event.preventDefault();
    action();
  });
}
