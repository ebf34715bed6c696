import { afterAll, expect, test } from '@jest/globals';
import { Program, programs } from './test-support/program.js';

const all = programs();
afterAll(() => all.remove());

test('where the runtime has no symbols of disposal, the keys are those that helpers for `using` look up', async () => {
  const file = await all.make(
    'without',
    `import { subscribe, task } from '@x/proc';
     import { main, trace } from '@x/proc/node';
     if (Symbol.dispose !== undefined || Symbol.asyncDispose !== undefined) throw new Error('It has them.');
     const seen = [];
     const subscription = subscribe({ start: ({ type }) => seen.push(type) });
     const tracing = trace.start(new URL('without.json', import.meta.url));
     await main(task('first', () => {}));
     subscription[Symbol.for('Symbol.dispose')]();
     await tracing[Symbol.for('Symbol.asyncDispose')]();
     await main(task('second', () => {}));
     console.log(seen.join());`,
    { 'Symbol.dispose': 'undefined', 'Symbol.asyncDispose': 'undefined' },
  );
  const program = new Program(process.execPath, [file]);
  expect([await program.exit, program.stderr, program.stdout]).toEqual([{ status: 0, signal: null }, '', 'first\n']);
}, 20_000);
