// What plugs into what, as types: the packages do not know each other, and fit.
import { expectTypeOf } from 'expect-type';
import { describe, test } from '@jest/globals';
import type { LinkedController, Work } from '@x/abort';
import type { Batch, Interval, Queue, Worker } from '@x/async';
import type { Proc } from '@x/proc';
import type { Process } from '@x/process';
import type { Group } from '@x/run';

describe('types', () => {
  test('what runs until it is stopped is a process of @x/proc as it stands', () => {
    expectTypeOf<Queue<number>['run']>().toExtend<Proc>();
    expectTypeOf<Worker<number>['run']>().toExtend<Proc>();
    expectTypeOf<Interval['run']>().toExtend<Proc>();
    expectTypeOf<Group['run']>().toExtend<Proc>();
  });

  test('a process of @x/proc is work of @x/abort, and an actor of @x/run', () => {
    expectTypeOf<Proc>().toExtend<Work>();
    expectTypeOf<Proc>().toExtend<Parameters<Group['go']>[0]>();
  });

  test('a linked controller fits where an AbortController does, and what a process closes by is a signal', () => {
    expectTypeOf<LinkedController>().toExtend<AbortController>();
    expectTypeOf<Process['closing']>().toEqualTypeOf<AbortSignal>();
  });

  test('a batch can be processed under any signal', () => {
    expectTypeOf<Batch<string>['process']>().toBeCallableWith(new AbortController().signal);
  });
});
