import { afterAll, expect, test } from '@jest/globals';
import { linkSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { affects } from './change.js';
import { removeTrees, tree } from './test-support/tree.js';

afterAll(removeTrees);

test('a change reaches as far as what it says', () => {
  const root = tree({ 'a.ts': '', 'tsconfig.json': '', '.gitignore': '', 'note.md': '' });
  symlinkSync('a.ts', join(root, 'link.ts'));
  const reach = (name: string, kind: 'contents' | 'entry', isModule = false): string =>
    affects({ path: join(root, name), kind }, isModule);
  expect(reach('a.ts', 'contents', true)).toBe('file');
  expect(reach('note.md', 'contents')).toBe('nothing');
  expect(reach('tsconfig.json', 'contents')).toBe('resolving');
  expect(reach('.gitignore', 'contents')).toBe('resolving');
  expect(reach('a.ts', 'entry', true)).toBe('resolving');
  expect(reach('new.md', 'entry')).toBe('resolving');
  expect(reach('link.ts', 'contents')).toBe('resolving');
  expect(reach('gone.ts', 'contents', true)).toBe('resolving');
  expect(reach('a.ts/below', 'contents', true)).toBe('resolving');
  // It has changed under its other name, too.
  linkSync(join(root, 'note.md'), join(root, 'other.ts'));
  expect(reach('note.md', 'contents')).toBe('resolving');
});
