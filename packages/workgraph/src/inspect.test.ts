import { describe, expect, test } from '@jest/globals';
import { newRequest, Once, OnceMap, Worker } from './index.js';
import { snapshot, toDot, toMermaid } from './inspect.js';
import { turn } from './test-support/timing.js';

async function graph() {
  const [main, helper] = [new Worker({ name: 'main' }), new Worker()];
  const [answer, failed] = [newRequest<number>(helper, { name: 'answer "42"' }), newRequest<number>(helper)];
  const own = newRequest<number>(main, { name: 'own' });
  answer.promise.await(main).catch(() => {});
  failed.resolver.reject(helper, 'no');
  void helper.track(new Promise(() => {}), 'disk\nslow');
  return { main, helper, answer, failed, own };
}

describe('snapshot', () => {
  test('shows all that is connected to its roots: who waits for what, and who is responsible', async () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => new Worker({ name })) as [Worker, Worker, Worker];
    const [one, two] = [newRequest(b, { name: 'one' }), newRequest(c, { name: 'two' })];
    const apart = newRequest(new Worker());
    one.promise.await(a).catch(() => {});
    two.promise.await(b).catch(() => {});
    const expected = {
      workers: [
        { id: 'w1', name: 'a', awaiting: ['r1'], responsibleFor: [], tracking: [] },
        { id: 'w2', name: 'b', awaiting: ['r2'], responsibleFor: ['r1'], tracking: [] },
        { id: 'w3', name: 'c', awaiting: [], responsibleFor: ['r2'], tracking: [] },
      ],
      requests: [
        { id: 'r1', name: 'one', state: 'pending', responsible: 'w2' },
        { id: 'r2', name: 'two', state: 'pending', responsible: 'w3' },
      ],
      edges: [
        { from: 'w1', to: 'r1', kind: 'awaits' },
        { from: 'r1', to: 'w2', kind: 'responsible' },
        { from: 'w2', to: 'r2', kind: 'awaits' },
        { from: 'r2', to: 'w3', kind: 'responsible' },
      ],
    };
    expect(snapshot(a)).toEqual(expected);
    // From the other end, and from the middle, it is the same graph.
    for (const root of [c, two.resolver, one.promise]) {
      const names = ({ workers, requests }: ReturnType<typeof snapshot>) =>
        [...workers, ...requests].map(({ name }) => name).sort();
      expect(names(snapshot(root))).toEqual(['a', 'b', 'c', 'one', 'two']);
    }
    expect(snapshot(apart.promise).workers).toHaveLength(1);
  });

  test('shows a request once, however often its worker awaits it, and each root once', () => {
    const [main, owner] = [new Worker({ name: 'main' }), new Worker({ name: 'owner' })];
    const { resolver, promise } = newRequest<number>(owner, { name: 'r' });
    const { signal } = new AbortController();
    for (const options of [undefined, { signal }, { signal }]) void promise.await(main, options);
    expect(snapshot(main, promise, resolver, main)).toEqual({
      workers: [
        { id: 'w1', name: 'main', awaiting: ['r1'], responsibleFor: [], tracking: [] },
        { id: 'w2', name: 'owner', awaiting: [], responsibleFor: ['r1'], tracking: [] },
      ],
      requests: [{ id: 'r1', name: 'r', state: 'pending', responsible: 'w2' }],
      edges: [
        { from: 'w1', to: 'r1', kind: 'awaits' },
        { from: 'r1', to: 'w2', kind: 'responsible' },
      ],
    });
    resolver.resolve(owner, 1);
    expect(snapshot(promise)).toEqual({
      workers: [{ id: 'w1', name: 'owner', awaiting: [], responsibleFor: [], tracking: [] }],
      requests: [{ id: 'r1', name: 'r', state: 'fulfilled', responsible: 'w1' }],
      edges: [],
    });
  });

  test('of an empty map is empty', () => {
    expect(snapshot(new OnceMap(() => 1))).toEqual({ workers: [], requests: [], edges: [] });
  });

  test('a key whose result is there and which still waits for another is shown with that wait', async () => {
    let finish = (): void => {};
    const map: OnceMap<string, unknown> = new OnceMap<string, unknown>((key, worker) => {
      if (key === 'slow') return new Promise<void>((resolve) => (finish = resolve));
      void map.get('slow', worker);
      return 'there';
    });
    expect(await map.get('quick', new Worker())).toBe('there');
    const waits = () => snapshot(map).workers.map(({ name, awaiting }) => [name, awaiting.length]);
    expect(waits()).toEqual([
      ['quick', 1],
      ['slow', 0],
    ]);
    finish();
    await turn();
    expect(waits()).toEqual([
      ['quick', 0],
      ['slow', 0],
    ]);
  });

  test('shows the results of maps, settled ones too', async () => {
    const map = new OnceMap<string, number>((key) =>
      key === 'bad' ? Promise.reject(new Error('bad')) : key === 'slow' ? new Promise(() => {}) : 1,
    );
    const once = new Once<number>({ name: 'once' });
    const main = new Worker();
    for (const key of ['good', 'bad', 'slow']) map.get(key, main).catch(() => {});
    void once.do(main, () => 1);
    await turn();
    expect(snapshot(map, once).requests.map(({ name, state }) => [name, state])).toEqual([
      ['good', 'fulfilled'],
      ['bad', 'rejected'],
      ['slow', 'pending'],
      ['once', 'fulfilled'],
    ]);
  });

  test('shows the worker of a result that is there once, as itself and from its map', async () => {
    let own: Worker | undefined;
    const map = new OnceMap<string, number>((_, worker) => ((own = worker), 1));
    const expected = [{ id: 'w1', name: 'a', awaiting: [], responsibleFor: [], tracking: [] }];
    await map.get('a', new Worker());
    expect(snapshot(own as unknown as Worker, map, map)).toEqual({
      workers: expected,
      requests: [{ id: 'r1', name: 'a', state: 'fulfilled', responsible: 'w1' }],
      edges: [],
    });
    expect(snapshot(map).workers).toEqual(expected);
  });

  test('refuses what is no root', () => {
    for (const wrong of [undefined, null, {}, 5]) expect(() => snapshot(wrong as never)).toThrow(TypeError);
    expect(() => snapshot(new Worker(), 5 as never)).toThrow('root must be a worker, resolver, promise or map, got 5');
    expect(snapshot()).toEqual({ workers: [], requests: [], edges: [] });
  });
});

test('toDot draws a snapshot for Graphviz', async () => {
  const { main, failed } = await graph();
  expect(toDot(snapshot(main, failed.promise))).toMatchInlineSnapshot(`
   "digraph {
     w1 [label="main" shape=box]
     w2 [label="w2\\n(disk\\nslow)" shape=box]
     r1 [label="r1" color=red]
     r2 [label="answer \\"42\\""]
     r3 [label="own"]
     w1 -> r2
     r2 -> w2 [style=dashed]
     r3 -> w1 [style=dashed]
   }"
  `);
});

test('toMermaid draws a snapshot as a flowchart', async () => {
  const { main } = await graph();
  expect(toMermaid(snapshot(main))).toMatchInlineSnapshot(`
   "flowchart LR
     w1["main"]
     w2["w2<br>#40;disk<br>slow#41;"]
     r1("answer #34;42#34;")
     r2("own")
     w1 --> r1
     r1 -.-> w2
     r2 -.-> w1"
  `);
});

const drawing = (draw: typeof toDot, name: string): string => draw(snapshot(new Worker({ name }))).split('\n')[1]!;

test('drawings keep what means something to them in names as it is', () => {
  const name = 'a&b "c" <d> #e \\ \r\n f\ng';
  expect(drawing(toDot, name)).toBe(String.raw`  w1 [label="a&amp;b \"c\" <d> #e \\ \n f\ng" shape=box]`);
  expect(drawing(toMermaid, name)).toBe('  w1["a#38;b #34;c#34; #60;d#62; #35;e #92; <br> f<br>g"]');
});

test('Graphviz sees no entity in a name, and no end where there is none', () => {
  expect(drawing(toDot, '&amp; &#65; a\0b')).toBe('  w1 [label="&amp;amp; &amp;#65; a\uFFFDb" shape=box]');
});

test('Mermaid sees nothing but text in a name: letters, digits and what is not of ASCII stay as they are', () => {
  const ascii = String.fromCharCode(...Array.from({ length: 95 }, (_, index) => 32 + index));
  const drawn = drawing(toMermaid, `${ascii}\u00E9\u2028\n__init__.py`);
  const escaped = [...'!"#$%&\'()*+,-./', ...':;<=>?@', ...'[\\]^_`', ...'{|}~'];
  const inside = [...ascii].map((each) => (escaped.includes(each) ? `#${each.charCodeAt(0)};` : each)).join('');
  expect(drawn).toBe(`  w1["${inside}\u00E9\u2028<br>#95;#95;init#95;#95;#46;py"]`);
  expect(drawing(toMermaid, 'C:\\new')).toBe('  w1["C#58;#92;new"]');
  expect(drawing(toMermaid, 'https://x.org/')).toBe('  w1["https#58;#47;#47;x#46;org#47;"]');
  expect(drawing(toMermaid, '')).toBe('  w1["w1"]');
});

test.each([toDot, toMermaid])('%p refuses what is no snapshot', (draw) => {
  for (const wrong of [undefined, null, 5, 'x', {}, { workers: [], requests: [] }, () => {}]) {
    expect(() => draw(wrong as never)).toThrow(TypeError);
    expect(() => draw(wrong as never)).toThrow('snapshot must be what snapshot() gives, got ');
  }
});
