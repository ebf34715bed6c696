import { expect, test } from '@jest/globals';
import { writeInPieces } from './pieces.js';

const live = new AbortController().signal;

test('texts are written whole and in order, many at a time, and one does not begin before the last has ended', async () => {
  const texts = Array.from({ length: 50_000 }, (_, number) => `${number}\n`);
  const written: string[] = [];
  let writing = 0;
  const write = async (piece: string): Promise<void> => {
    expect(++writing).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    written.push(piece);
    writing--;
  };
  await writeInPieces(texts, write, live);
  expect(written.join('')).toBe(texts.join(''));
  expect(written.length).toBeGreaterThan(2);
  expect(written.length).toBeLessThan(10);
  await writeInPieces([], () => expect('nothing').toBe('written'), live);
});

test('who has begun to write hears of the end, however much there is', async () => {
  function* endless(): Generator<string> {
    for (;;) yield 'a line of what is written\n';
  }
  const controller = new AbortController();
  setImmediate(() => controller.abort('enough'));
  await expect(writeInPieces(endless(), () => undefined, controller.signal)).rejects.toBe('enough');
});
