// The main entries run where there is nothing of Node: in a context that has what every runtime has, and nothing else.
import { createContext, runInContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { bundle } from './test-support/bundle.js';

/** What browsers, Deno, Bun and Node have in common, of all that is not of the language. */
const common = {
  AbortController,
  AbortSignal,
  DOMException,
  Event,
  EventTarget,
  clearInterval,
  clearTimeout,
  console,
  performance,
  queueMicrotask,
  setInterval,
  setTimeout,
  structuredClone,
};

/** The default export of a module, evaluated there, and with what else is given. */
async function evaluate(code: string, more?: object): Promise<unknown> {
  const context = createContext({ ...common, ...more });
  runInContext(await bundle(code, 'iife'), context, { timeout: 10_000 });
  const result: unknown = await runInContext('bundled.default', context, { timeout: 10_000 });
  return result;
}

/** What a user would do first with each package, as an expression to be awaited. */
const uses = {
  '@x/abort': [
    `import { aborted, link, sleep, withTimeout } from '@x/abort';
     async function use() {
       const scope = link(withTimeout(1).signal);
       link(scope.signal).unlink();
       await sleep(0, { signal: link().signal });
       return (await aborted(scope.signal)).name;
     }`,
    'TimeoutError',
  ],
  '@x/run': [
    `import { Group } from '@x/run';
     async function use() {
       const log = [];
       const group = new Group();
       group.go(() => log.push('first'));
       group.go((signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(log.push('second')))));
       await group.run();
       return log.join();
     }`,
    'first,second',
  ],
  '@x/proc': [
    `import { concurrent, sequence, task } from '@x/proc';
     async function use() {
       const log = [];
       const say = (text) => () => void log.push(text);
       await sequence(say('a'), task('b', concurrent(say('b'), say('c'))), say('d'))(new AbortController().signal);
       return log.join();
     }`,
    'a,b,c,d',
  ],
  '@x/process': [
    `import { Process } from '@x/process';
     async function use() {
       const log = [];
       const parent = new Process({ teardown: () => void log.push('parent') });
       new Process({ parent, teardown: () => void log.push('child') });
       await parent.close();
       return log.join();
     }`,
    'child,parent',
  ],
  '@x/async': [
    `import { Queue } from '@x/async';
     async function use() {
       const queue = new Queue((item) => item * 2);
       await queue.start();
       const result = await queue.submit(21);
       await queue.stop();
       return result;
     }`,
    42,
  ],
  '@x/workgraph': [
    `import { OnceMap, Worker } from '@x/workgraph';
     async function use() {
       const map = new OnceMap((key, worker) => map.get(key === 'a' ? 'b' : 'a', worker), { name: String });
       return map.get('a', new Worker()).catch((error) => error.code);
     }`,
    'ERR_SELF_DEPENDENCY',
  ],
} as const;

describe('where there are no globals of Node', () => {
  test('a bundle sees none', async () => {
    const names = ['process', 'Buffer', 'global', 'require', 'module', 'setImmediate', 'navigator'];
    const code = `export default ${JSON.stringify(names)}.filter((name) => name in globalThis);`;
    expect(await evaluate(code)).toEqual([]);
  });

  test.each(Object.entries(uses))('%s works', async (_, [code, result]) => {
    expect(await evaluate(`${code}\nexport default use();`)).toBe(result);
  });
});

// As test runners make one for each file. On Nodes whose engine has no `Symbol.dispose`, the realm lacks the one that Node has made for its own.
describe('in another realm, which has the process of Node', () => {
  test.each(Object.entries(uses))('%s works', async (_, [code, result]) => {
    expect(await evaluate(`${code}\nexport default use();`, { process })).toBe(result);
  });
});
