import { expect, test } from '@jest/globals';
import { workingFolder } from './working-folder.js';

const npm = { npm_lifecycle_event: 'start', npm_package_json: '/repo/package.json', INIT_CWD: '/repo/docs' };

test('a script of npm or pnpm says which folder the person is in', () => {
  expect(workingFolder(npm, '/repo')).toBe('/repo/docs');
  expect(workingFolder({ ...npm, npm_lifecycle_event: 'import-graph' }, '/repo')).toBe('/repo/docs');
});

test('elsewhere the person is where the program is', () => {
  expect(workingFolder({}, '/anywhere')).toBe('/anywhere');
  expect(workingFolder({ ...npm, npm_lifecycle_event: 'test' }, '/repo')).toBe('/repo');
  expect(workingFolder({ ...npm, npm_lifecycle_event: 'npx' }, '/repo')).toBe('/repo');
  expect(workingFolder(npm, '/elsewhere')).toBe('/elsewhere');
  expect(workingFolder({ ...npm, INIT_CWD: undefined }, '/repo')).toBe('/repo');
});
