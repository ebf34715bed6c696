import { afterAll, describe, expect, jest, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import * as files from 'node:fs';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { removeTrees, tree } from './test-support/tree.js';

/** Is called with what a link leads to, once that is known. */
let followed = (_real: string): void => {};
jest.unstable_mockModule('node:fs', () => ({
  ...files,
  realpathSync(path: string) {
    const real = files.realpathSync(path);
    followed(real);
    return real;
  },
}));
const { walk } = await import('./walk.js');

afterAll(removeTrees);

function filesOf(root: string): string[] {
  return [...walk(root)].map(({ file, fault }) => {
    if (fault !== undefined) return `${fault.path.slice(root.length + 1)}: ${fault.message}`;
    return file?.slice(root.length + 1) ?? '';
  });
}

describe('the walk of a folder', () => {
  test('finds every source, in the order of the names, whatever order the system gives', () => {
    const root = tree({
      'b.ts': '',
      'a.js': '',
      'z/y.tsx': '',
      'c/d/e.mjs': '',
      'readme.md': '',
      'x.json': '{}',
      '.config.js': '',
    });
    expect(filesOf(root)).toEqual(['.config.js', 'a.js', 'b.ts', 'c/d/e.mjs', 'z/y.tsx']);
  });

  test('leaves out node_modules, folders with a dot, and what git ignores', () => {
    const root = tree({
      ...{
        'node_modules/a/a.js': '',
        'b/node_modules/a.js': '',
        '.next/a.js': '',
        'src/.cache/a.js': '',
        'dist/a.js': '',
      },
      ...{ 'src/a.js': '', 'src/dist/b.js': '', 'src/made/c.js': '', 'src/kept.gen.js': '', 'src/other.gen.js': '' },
      '.gitignore': 'dist/\n*.gen.js\n# nothing\n',
      'src/.gitignore': '/made\n!kept.gen.js\n',
    });
    mkdirSync(join(root, '.git'));
    expect(filesOf(root)).toEqual(['src/a.js', 'src/kept.gen.js']);
    expect(filesOf(join(root, 'src'))).toEqual(['a.js', 'kept.gen.js']);
  });

  test('ignores by the letters of a name as they are, and what begins with two dots, too, as git does', () => {
    const root = tree({
      ...{ 'Made.js': '', 'made.js': '', '..a.js': '', 'Build/c.js': '', 'build/d.js': '', 'e.js': '' },
      '.gitignore': 'made.js\n..a.js\nbuild/\n',
    });
    mkdirSync(join(root, '.git'));
    expect(filesOf(root)).toEqual(['Made.js', 'e.js', 'Build/c.js']);
  });

  test('has a set that begins with an exclamation mark for all else', () => {
    const root = tree({ 'a.js': '', 'b.js': '', 'lib/!.js': '', '.gitignore': '[!a].js\n!/lib/[[:punct:]].js\n' });
    mkdirSync(join(root, '.git'));
    expect(filesOf(root)).toEqual(['a.js', 'lib/!.js']);
  });

  test('reads what it is asked for, though it is in node_modules or ignored', () => {
    const root = tree({ '.gitignore': 'node_modules\ndist\n', 'node_modules/p/dist/a.js': '', 'dist/b.js': '' });
    mkdirSync(join(root, '.git'));
    expect(filesOf(join(root, 'node_modules/p'))).toEqual(['dist/a.js']);
    expect(filesOf(join(root, 'dist'))).toEqual(['b.js']);
  });

  test('takes a link to a source for that source, and does not follow links to folders or to nothing', () => {
    const outside = tree({ 'far.js': '' });
    const root = tree({ 'real/a.js': '' });
    symlinkSync(join(root, 'real/a.js'), join(root, 'link.js'));
    symlinkSync(join(root, 'real'), join(root, 'folder'));
    symlinkSync(outside, join(root, 'away'));
    symlinkSync(join(outside, 'far.js'), join(root, 'far.js'));
    symlinkSync(join(root, 'gone.js'), join(root, 'nothing.js'));
    expect(filesOf(root)).toEqual(['real/a.js', 'real/a.js']);
  });

  test('goes on if what a link leads to goes away meanwhile', () => {
    const root = tree({ 'a.js': '', 'b.js': '', 'real/c.js': '' });
    symlinkSync('real/c.js', join(root, 'aa.js'));
    followed = (real) => rmSync(real);
    try {
      expect(filesOf(root)).toEqual(['a.js', 'b.js']);
    } finally {
      followed = () => {};
    }
  });

  test('leaves out a file of node_modules that a link leads to', () => {
    const root = tree({ 'a.js': '', 'node_modules/p/b.js': '', 'in/node_modules/c.js': '' });
    symlinkSync('node_modules/p/b.js', join(root, 'b.js'));
    symlinkSync('in/node_modules/c.js', join(root, 'c.js'));
    const home = join(root, 'node_modules/p');
    symlinkSync('b.js', join(home, 'link.js'));
    expect(filesOf(root)).toEqual(['a.js']);
    expect(filesOf(home)).toEqual(['b.js', 'b.js']);
  });

  test('names symbolic links that lead in a circle, and goes on', () => {
    const root = tree({ 'a.js': '', 'sub/b.js': '' });
    symlinkSync('itself', join(root, 'itself'));
    symlinkSync('two', join(root, 'one'));
    symlinkSync('one', join(root, 'two'));
    symlinkSync('..', join(root, 'sub/up'));
    symlinkSync('.', join(root, 'sub/here'));
    expect(filesOf(root)).toEqual([
      'a.js',
      'itself: the symbolic link cannot be followed (its symbolic links lead in a circle)',
      'one: the symbolic link cannot be followed (its symbolic links lead in a circle)',
      'two: the symbolic link cannot be followed (its symbolic links lead in a circle)',
      'sub/b.js',
      'sub/here: the symbolic link leads back to a folder that it is in: a loop',
      'sub/up: the symbolic link leads back to a folder that it is in: a loop',
    ]);
  });

  test('names a folder that cannot be read, and goes on', async () => {
    const { readdirSync } = await import('node:fs');
    const root = tree({ 'a.js': '', 'closed/b.js': '', 'open/c.js': '' });
    // Root may read everything, so that permissions cannot be asked of the system here.
    const found = [
      ...walk(root, (folder) => {
        if (basename(folder) === 'closed') throw Object.assign(new Error(), { code: 'EACCES' });
        return readdirSync(folder, { withFileTypes: true });
      }),
    ];
    expect(found).toEqual([
      { file: join(root, 'a.js') },
      { fault: { path: join(root, 'closed'), message: 'the folder cannot be read (permission denied)' } },
      { file: join(root, 'open/c.js') },
    ]);
  });

  test('does not take a folder or a pipe for a source because of its name', () => {
    const root = tree({ 'three.js/a.js': '' });
    writeFileSync(join(root, 'node_modules'), 'a file');
    symlinkSync(join(root, 'three.js'), join(root, 'link.js'));
    // Reading from this would never end.
    execFileSync('mkfifo', [join(root, 'pipe.js')]);
    symlinkSync(join(root, 'pipe.js'), join(root, 'other.js'));
    expect(filesOf(root)).toEqual(['three.js/a.js']);
  });
});
