import { afterAll, expect, test } from '@jest/globals';
import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { analyse } from './test-support/analyse.js';
import { removeTrees, tree } from './test-support/tree.js';

afterAll(removeTrees);

test('no message of an import that leads nowhere says where the tree lies', async () => {
  const other = tree({ 'package.json': '{ "name": "linked", "exports": "./x.js" }' });
  const manifest = '{ "name": "self", "exports": { "./x": "./x.js" }, "imports": { "#x": "./x.js" } }';
  const root = tree({
    ...{ 'package.json': '{ "name": "above", "exports": { "./x": "./x.js" } }', 'in (1)/package.json': manifest },
    'in (1)/a.js': `import 'self/y'; import '#y'; import 'in/y'; import '${tree({})}/none'; import 'linked/y'; import '#';`,
    ...{ 'in (1)/node_modules/in/package.json': manifest, 'in (1)/lib/b.js': "import 'self/y'; import '#y'" },
    'c.js': "import 'above/y'",
  });
  mkdirSync(join(root, 'node_modules'));
  symlinkSync(other, join(root, 'node_modules/linked'));
  const messages = async (folder: string): Promise<string[]> =>
    (await analyse(join(root, folder))).unresolved.map(({ message }) => message);
  const exported = (name: string, of: string): string =>
    `"./y" is not exported under the conditions ["node", "import"] from package ${name} (see exports field in ${of}package.json)`;
  const [, , , absolute = '', linked = ''] = await messages('in (1)');
  expect(await messages('in (1)')).toEqual([
    exported('.', ''),
    'Package import specifier "#y" is not defined in package package.json',
    exported('node_modules/in', 'node_modules/in/'),
    absolute,
    linked,
    'Invalid module "#" specifier is not a valid subpath for the "exports" resolution of package.json',
    exported('.', ''),
    'Package import specifier "#y" is not defined in package package.json',
  ]);
  // That is what was asked for.
  expect(absolute).toMatch(/^Cannot find module '\/.*\/none'$/);
  expect(linked).toBe(exported('../node_modules/linked', '../node_modules/linked/'));
  expect(await messages('in (1)/lib')).toEqual([
    exported('..', '../'),
    'Package import specifier "#y" is not defined in package ../package.json',
  ]);
  for (const message of await messages('')) expect(message.replace(absolute, '')).not.toContain(dirname(root));
});
