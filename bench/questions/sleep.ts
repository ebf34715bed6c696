// What does a sleep cost that obeys a signal which many share? Time for which the event loop only waits does not count.
import { sleep } from '@x/abort';
import { setMaxListeners } from 'node:events';
import { setTimeout as sleepOfNode } from 'node:timers/promises';
import { Question, size, steps, type Contender } from '../harness/question.js';

const bench = new Question('sleep', 'What does a sleep with a shared signal cost?');

const sleeping = (total: number, atOnce: number, nap: (signal: AbortSignal) => Promise<void>): Contender =>
  steps({
    prepare: () => {
      const { signal } = new AbortController();
      // Without this Node warns of a leak at the eleventh listener, and the warning would be what is measured.
      setMaxListeners(0, signal);
      return signal;
    },
    run: async (signal) => {
      let woken = 0;
      for (let begun = 0; begun < total; begun += atOnce) {
        const naps = new Array<Promise<void>>(atOnce);
        for (let i = 0; i < atOnce; i++) naps[i] = nap(signal);
        woken += (await Promise.all(naps)).length;
      }
      return woken;
    },
  });

const total = size(10_000, 2_000, 100);
for (const [id, atOnce] of [
  ['sleep.together', total],
  ['sleep.hundred', 100],
] as const)
  await bench.compare({
    id,
    title: `${total.toLocaleString('en')} sleeps of 1 ms with one signal, ${atOnce.toLocaleString('en')} at a time`,
    ours: { sleep: sleeping(total, atOnce, (signal) => sleep(1, { signal })) },
    peers: { 'timers/promises': sleeping(total, atOnce, (signal) => sleepOfNode(1, undefined, { signal })) },
    floor: {
      'setTimeout in a promise': sleeping(total, atOnce, () => new Promise((resolve) => void setTimeout(resolve, 1))),
    },
    clock: 'busy',
    expect: total,
    targets: [{ ours: 'sleep', of: 'timers/promises', atMost: 0.25 }],
  });

bench.end();
