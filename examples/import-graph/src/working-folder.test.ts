import { expect, test } from '@jest/globals';
import { dirname, join } from 'node:path';
import { command } from './test-support/program.js';
import { workingFolder } from './working-folder.js';

const home = join(dirname(command.at(-1) ?? ''), '..');
const repository = join(home, '../..');
const npm = {
  ...{ npm_lifecycle_event: 'start', npm_package_json: join(repository, 'package.json') },
  INIT_CWD: join(repository, 'docs'),
};

test('a script of npm or pnpm says which folder the person is in', () => {
  expect(workingFolder(npm, repository)).toBe(npm.INIT_CWD);
  expect(workingFolder({ ...npm, npm_lifecycle_event: 'import-graph' }, repository)).toBe(npm.INIT_CWD);
  expect(workingFolder({ ...npm, npm_package_json: join(home, 'package.json') }, home)).toBe(npm.INIT_CWD);
});

test('elsewhere the person is where the program is', () => {
  expect(workingFolder({}, '/anywhere')).toBe('/anywhere');
  expect(workingFolder({ ...npm, npm_lifecycle_event: 'test' }, repository)).toBe(repository);
  expect(workingFolder({ ...npm, npm_lifecycle_event: 'npx' }, repository)).toBe(repository);
  expect(workingFolder(npm, '/elsewhere')).toBe('/elsewhere');
  expect(workingFolder({ ...npm, INIT_CWD: undefined }, repository)).toBe(repository);
});

test('a script of the same name of another package means its own folder', () => {
  for (const npm_lifecycle_event of ['start', 'import-graph']) {
    const other = { ...npm, npm_lifecycle_event, npm_package_json: '/other/package.json', INIT_CWD: '/other/deep' };
    expect(workingFolder(other, '/other')).toBe('/other');
  }
});
