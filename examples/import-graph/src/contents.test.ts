import { afterAll, expect, test } from '@jest/globals';
import { constants } from 'node:buffer';
import { createHash } from 'node:crypto';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readContents } from './contents.js';
import { ImportResolver } from './resolve.js';
import { readSource } from './source.js';
import { removeTrees, tree } from './test-support/tree.js';

afterAll(removeTrees);

const live = new AbortController().signal;

test('a file is read whole, however long it is, and its hash is that of all its bytes', async () => {
  const file = join(tree({}), 'a.bin');
  for (const size of [0, 1, 5000, 1 << 20, (1 << 20) + 1, 3_500_000]) {
    const bytes = Buffer.from(Array.from({ length: size }, (_, at) => at % 251));
    writeFileSync(file, bytes);
    const digest = createHash('sha256').update(bytes).digest('hex');
    expect(await readContents(file, false, live)).toMatchObject({ size, digest });
    const whole = await readContents(file, true, live);
    expect([whole.size, whole.digest, whole.bytes?.equals(bytes)]).toEqual([size, digest, true]);
  }
});

test('who reads something very large hears of the end', async () => {
  const root = tree({ 'v.bin': '' });
  // Nothing of it is on the disk; to hash it would take hours.
  truncateSync(join(root, 'v.bin'), 2 ** 40);
  const controller = new AbortController();
  const { signal } = controller;
  setImmediate(() => controller.abort('enough'));
  const reading = readSource(join(root, 'v.bin'), new ImportResolver(root), { signal });
  await expect(reading).rejects.toBe('enough');
});

test('a source that is longer than a text can be is a mistake', async () => {
  const root = tree({ 'a.ts': '' });
  truncateSync(join(root, 'a.ts'), constants.MAX_STRING_LENGTH + 1);
  expect(await readSource(join(root, 'a.ts'), new ImportResolver(root))).toMatchObject({
    size: constants.MAX_STRING_LENGTH + 1,
    links: [],
    fault: { message: 'it cannot be read (it is too large)' },
  });
}, 60_000);
