import { afterEach, describe, expect, test } from '@jest/globals';
import { captureSites, newRequest, Once, onceFunc, OnceMap, Worker } from './index.js';
import { failure } from './test-support/timing.js';

afterEach(() => captureSites(false));

/** What is said of where a request was made whose making has this stack. */
async function told(...frames: string[]): Promise<string | undefined> {
  const worker = new Worker();
  const before = Error.prepareStackTrace;
  Error.prepareStackTrace = () => ['Error', ...frames].join('\n');
  let promise: Promise<unknown>;
  try {
    captureSites();
    promise = newRequest(worker, { name: 'it' }).promise.await(worker);
  } finally {
    Error.prepareStackTrace = before;
  }
  const { message } = (await failure(promise)) as Error;
  expect(message).toMatch(/^it -> it(\n|$)/);
  return /\n {4}it was made (.*)$/.exec(message)?.[1];
}

describe('where a request was made', () => {
  const main = 'at main (file:///app.js:3:9)';

  test.each([
    'file:///app/node_modules/@x/workgraph/dist/index.js',
    'C:\\app\\node_modules\\@x\\workgraph\\dist\\index.cjs',
    'file:///app/node_modules/.pnpm/@x+workgraph@1.0.0/node_modules/@x/workgraph/dist/context.js',
  ])('is the first frame that is not of %s', async (file) => {
    expect(
      await told(`    at a (${file}:1:2)`, `    at ${file}:3:4`, `    ${main}`, '    at after (file:///b.js:1:1)'),
    ).toBe(main);
  });

  test.each([
    'site',
    'idAtOnce',
    'new Run',
    'OnceMap.get',
    'Once.do',
    'newRequest',
    'onceFunc',
    'outsideWork',
    'AsyncLocalStorage.run',
  ])('is told from %s by its name in a bundle', async (name) => {
    expect(await told(`    at ${name} (file:///bundle.js:1:2)`, `    ${main}`)).toBe(main);
  });

  test.each([
    'at file:///srv/site/main.js:1:2',
    'at load (file:///srv/site/Run/main.js:1:2)',
    'at load (C:\\Once\\main.js:1:2)',
    'load@https://example.org/site/@x/main.js:1:2',
  ])('is %s, in a folder that is called as one of ours', async (frame) => {
    expect(await told('    at newRequest (file:///bundle.js:1:2)', `    ${frame}`)).toBe(frame);
  });

  test.each(['websites', 'RequestsOf.load', 'Runner.start', 'OnceMaps', 'Onceler', 'idAtOnceOnly', 'myRequest'])(
    'is %s, which only looks like one of ours',
    async (name) => {
      expect(await told(`    at ${name} (file:///app.js:1:2)`, `    ${main}`)).toBe(`at ${name} (file:///app.js:1:2)`);
    },
  );

  test('is told where frames are written in another way', async () => {
    expect(await told('site@http://localhost/bundle.js:1:2', 'main@http://localhost/app.js:3:9')).toBe(
      'main@http://localhost/app.js:3:9',
    );
  });

  test('is not told where no frame is outside', async () => {
    expect(await told('    at site (file:///bundle.js:1:2)', '', 'something else')).toBeUndefined();
    expect(await told()).toBeUndefined();
  });

  test('is this file for whatever makes one', async () => {
    captureSites();
    const worker = new Worker();
    const map: OnceMap<string, unknown> = new OnceMap<string, unknown>((key, w) => map.get(key, w));
    const once = new Once<unknown>({ name: 'once' });
    const itself: (w: Worker) => Promise<unknown> = onceFunc((w) => itself(w), { name: 'itself' });
    for (const promise of [
      newRequest(worker, { name: 'request' }).promise.await(worker),
      map.get('key', worker),
      once.do(worker, (w) => once.do(w, () => 1)),
      itself(worker),
    ]) {
      expect(await failure(promise)).toHaveProperty(
        'message',
        expect.stringMatching(/^(\w+) -> \1\n {4}\1 was made .*sites\.test\.ts:\d+:\d+\)?$/),
      );
    }
  });
});
