// A service of three parts that come down together: a queue, its customers, and the time that it may take.
import { sleep } from '@x/abort';
import { Queue } from '@x/async';
import { Group } from '@x/run';

const orders = new Queue(
  async (order: number, signal) => {
    await sleep(1, { signal });
    console.log(`order ${order} is shipped`);
  },
  { name: 'orders', parallelism: 1 },
);

const service = new Group({
  gracePeriod: 5_000,
  onEvent: ({ type, actor }) => {
    if (type === 'exit') console.log(`${actor} has ended`);
  },
});
service.go((signal) => orders.run(signal), 'the queue');
service.go(async () => {
  // Without the signal: it would take back what is still waiting when the shop comes down.
  for (const order of [1, 2, 3]) await orders.enqueue(order);
  console.log('the last order is taken');
}, 'the shop');

// The shop is the first to return. So the queue is told to stop, and ships what it has taken before it does.
await service.run();
console.log('all is down');
// Output:
// the last order is taken
// the shop has ended
// order 1 is shipped
// order 2 is shipped
// order 3 is shipped
// the queue has ended
// all is down
