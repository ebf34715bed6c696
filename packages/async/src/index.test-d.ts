// What the types say: compiled, never run.
import { expectTypeOf } from 'expect-type';
import {
  Batch,
  type BatchResult,
  DiscardedError,
  Future,
  Interval,
  type LatchState,
  Queue,
  start,
  Worker,
} from './index.js';

const queue = new Queue((item: string, signal) => Promise.resolve(signal.aborted ? 0 : item.length));
expectTypeOf(queue).toEqualTypeOf<Queue<string, number>>();
expectTypeOf(queue.submit('a')).toEqualTypeOf<Promise<number>>();
expectTypeOf(queue.stop()).toEqualTypeOf<Promise<string[]>>();
expectTypeOf(queue.state).toEqualTypeOf<LatchState>();
expectTypeOf(new Queue((item: number): void => console.log(item))).toEqualTypeOf<Queue<number, void>>();
// @ts-expect-error -- the item is a string
void queue.enqueue(1);
// @ts-expect-error -- there is no such context
new Queue(() => {}, { context: 'mine' });
// @ts-expect-error -- how many there are is told, not set
queue.size = 1;

const batch = new Batch(['a'], (item) => Promise.resolve(item.length));
expectTypeOf(batch.process()).toEqualTypeOf<Promise<BatchResult>>();
expectTypeOf(batch.results()).toEqualTypeOf<AsyncIterableIterator<number> & AsyncDisposable>();

expectTypeOf(start(() => 'a')).toEqualTypeOf<Future<string>>();
expectTypeOf(Future.start(() => Promise.resolve(1)).complete()).toEqualTypeOf<Promise<number>>();
expectTypeOf<Awaited<Future<Date>>>().toEqualTypeOf<Date>();
expectTypeOf(new Worker((item: Date) => item.getTime()).enqueue)
  .parameter(0)
  .toEqualTypeOf<Date>();
expectTypeOf(new Interval(() => {}).stop()).toEqualTypeOf<Promise<void>>();
expectTypeOf(new DiscardedError('', [1]).code).toEqualTypeOf<'ERR_DISCARDED'>();
