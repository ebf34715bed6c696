// A tree of things that own each other, inside a program that ends when it is told to.
import { concurrentGroup } from '@x/proc';
import { Process } from '@x/process';

const say = (text: string) => (): void => console.log(text);

const app = new Process({ name: 'app', teardown: say('app is down') });
const database = new Process({ name: 'database', parent: app, teardown: say('database is down') });
const cache = new Process({ name: 'cache', parent: app, teardown: say('cache is down') });
cache.waitFor(database); // The database is down before the cache is.

const stop = new AbortController();
await concurrentGroup(
  async (signal) => {
    signal.addEventListener('abort', () => void app.close());
    await app.closed;
  },
  () => {
    console.log('work is done');
    stop.abort();
  },
)(stop.signal);
console.log(app.state);
// Output:
// work is done
// database is down
// cache is down
// app is down
// closed
