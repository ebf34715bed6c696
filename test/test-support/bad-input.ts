// Tables of what is handed over wrongly: each row is one argument or option of one function, and is called with every value that is
// not of its kind.
import { expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';

interface Value {
  label: string;
  value: unknown;
  /** Looking at it throws: that, too, is an answer. */
  hostile?: boolean;
}

const trap = (): never => {
  throw new Error('looked at');
};
const traps = Object.fromEntries(
  Object.getOwnPropertyNames(Reflect).map((name) => [name, trap]),
) as ProxyHandler<object>;

function revoked<T extends object>(target: T): T {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

function listed(): Value[] {
  const plain: [label: string, value: unknown][] = [
    ['undefined', undefined],
    ['null', null],
    ['true', true],
    ['false', false],
    ['NaN', NaN],
    ['Infinity', Infinity],
    ['-Infinity', -Infinity],
    ['-1', -1],
    ['-0', -0],
    ['0', 0],
    ['0.5', 0.5],
    ['1.5', 1.5],
    ['-1e-300', -1e-300],
    ['2**31', 2 ** 31],
    ['2**53', 2 ** 53],
    ["''", ''],
    ["'x'", 'x'],
    ["'5'", '5'],
    ['Symbol()', Symbol('s')],
    ['1n', 1n],
    ['-1n', -1n],
    ['{}', {}],
    ['an object without a prototype', Object.create(null)],
    ['[]', []],
    ['[1]', [1]],
    ['() => {}', () => {}],
    ['async () => {}', async () => {}],
    ['a generator', function* () {}],
    ['a class', class {}],
    ['a date', new Date(0)],
    ['no date', new Date(NaN)],
    ['a regular expression', /x/],
    ['a map', new Map()],
    ['a promise', Promise.resolve()],
    ['a boxed number', Object(1)],
    ['a boxed string', Object('x')],
    ['no thenable', { then: 1 }],
    ['no signal', { aborted: 'no', addEventListener() {} }],
    ['an event target', new EventTarget()],
    ['an error', new Error('x')],
    ["another realm's object", runInNewContext('({})')],
    ["another realm's array", runInNewContext('[]')],
    ["another realm's function", runInNewContext('() => {}')],
    ["another realm's error", runInNewContext('new Error("x")')],
    ['what cannot be printed', { toString: trap, [Symbol.toPrimitive]: trap, valueOf: trap }],
    ['a symbol that is boxed', Object(Symbol('s'))],
  ];
  return [
    ...plain.map(([label, value]) => ({ label, value })),
    { label: 'a proxy that throws', value: new Proxy({}, traps), hostile: true },
    { label: 'a revoked proxy', value: revoked({}), hostile: true },
    { label: 'a revoked proxy of a function', value: revoked(() => {}), hostile: true },
    {
      label: 'an object whose getters throw',
      value: new Proxy({}, { get: trap }),
      hostile: true,
    },
  ];
}

/** Which values are right. */
export interface Kind {
  readonly takes: (value: unknown) => boolean;
  /** A number out of range is a RangeError. */
  readonly numeric: boolean;
  readonly word?: boolean;
}

const kind = (takes: Kind['takes'], numeric = false): Kind => ({ takes, numeric });

/** What throws when it is looked at is never right. */
function takes(kind: Kind, value: unknown): boolean {
  try {
    return kind.takes(value);
  } catch {
    return false;
  }
}

export const kinds = {
  anything: kind(() => true),
  signal: kind(() => false),
  function: kind((value) => typeof value === 'function'),
  string: kind((value) => typeof value === 'string'),
  boolean: kind((value) => typeof value === 'boolean'),
  /** Milliseconds. */
  time: kind((value) => typeof value === 'number' && value >= 0, true),
  /** A whole number from one on, or no limit. */
  count: kind(
    (value) => typeof value === 'number' && value >= 1 && (value === Infinity || Math.floor(value) === value),
    true,
  ),
  /** A whole number. */
  whole: kind((value) => Number.isInteger(value), true),
  number: kind((value) => typeof value === 'number' && value === value, true),
  /** A port, or an object that says where to listen. */
  port: kind(
    (value) =>
      (typeof value === 'object' && value !== null) ||
      (Number.isInteger(value) && (value as number) >= 0 && (value as number) < 65_536),
    true,
  ),
  /** Something with properties: which of them are right is for other rows. */
  options: kind((value) => typeof value === 'object' && value !== null),
  nothing: kind(() => false),
} satisfies Record<string, Kind>;

/** The same, or what else is taken. */
export const or = (one: Kind, ...values: unknown[]): Kind => ({
  ...one,
  takes: (value) => values.includes(value) || one.takes(value),
});
export const optional = (one: Kind): Kind => or(one, undefined);
/** One of the words: everything else is a wrong value. */
export const oneOf = (...words: string[]): Kind => ({
  ...kinds.nothing,
  word: true,
  takes: (value) => words.includes(value as string),
});
/** A number from here to there. */
export const between = (least: number, most: number): Kind =>
  kind((value) => typeof value === 'number' && value >= least && value <= most, true);

interface RowOptions<S> {
  /** Made once; afterwards it has to work as if nothing had happened. */
  subject?: () => S;
  works?: (subject: S) => unknown;
  /** What the message calls the argument, where that is not its name. */
  says?: RegExp;
}

type Calls<S> = (value: never, subject: S) => unknown;

interface Row {
  how: 'throws' | 'rejects';
  argument: string;
  kind: Kind;
  call: Calls<never>;
  options: RowOptions<never>;
}

/** How many entries of a package have a table in this file. */
const entriesOf = new Map<string, number>();

/** The rows of a package. Ends with `complete`, which asks whether there is one for all that it exports. */
export class Table {
  readonly #folder: string;
  readonly #rows = new Map<string, Row[]>();
  readonly #options = new Set<string>();
  readonly #free = new Set<string>();

  /** @param folder the name of the package's folder */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** An argument that is checked at once. */
  throws<S = undefined>(name: string, argument: string, kind: Kind, call: Calls<S>, options: RowOptions<S> = {}): this {
    return this.#add(name, {
      how: 'throws',
      argument,
      kind,
      call,
      options: options as unknown as RowOptions<never>,
    });
  }

  /** An argument of a function that returns a promise. */
  rejects<S = undefined>(
    name: string,
    argument: string,
    kind: Kind,
    call: Calls<S>,
    options: RowOptions<S> = {},
  ): this {
    return this.#add(name, {
      how: 'rejects',
      argument,
      kind,
      call,
      options: options as unknown as RowOptions<never>,
    });
  }

  /** The options of a function, one by one, and what is no object in their place. `type` is the name of their interface. */
  options<S = undefined>(
    how: 'throws' | 'rejects',
    name: string,
    type: string,
    properties: Record<string, Kind>,
    call: Calls<S>,
    options: RowOptions<S> = {},
  ): this {
    this[how](name, 'options', optional(kinds.options), call, { ...options, says: options.says ?? /options|object/ });
    for (const [property, kind] of Object.entries(properties)) {
      this.#options.add(`${type}.${property}`);
      if (kind === kinds.anything) continue;
      this[how](
        name,
        property,
        optional(kind),
        (value: unknown, subject: S) => call({ [property]: value } as never, subject),
        options,
      );
    }
    return this;
  }

  /** A property of an object that is handed over. `type` is the name of its interface. */
  property<S>(
    name: string,
    type: string,
    property: string,
    kind: Kind,
    call: Calls<S>,
    options: RowOptions<S> = {},
  ): this {
    this.#options.add(`${type}.${property}`);
    return this.throws(name, property, kind, call, options);
  }

  /** What takes nothing, or whatever it is given. */
  takesAnything(...names: string[]): this {
    for (const name of names) if (!this.#rows.has(name)) this.#rows.set(name, []);
    return this;
  }

  /** Arguments that are anything at all, or that stand in the rows under other names: `onAbort callback`. */
  free(...parameters: string[]): this {
    for (const parameter of parameters) this.#free.add(parameter);
    return this;
  }

  /** Makes the tests. `entries` are the modules of the package. */
  complete(...entries: Record<string, unknown>[]): void {
    entriesOf.set(this.#folder, (entriesOf.get(this.#folder) ?? 0) + entries.length);
    for (const [name, rows] of this.#rows) {
      for (const row of rows) {
        it(`${name} ${row.how === 'throws' ? 'throws' : 'rejects'} for a wrong ${row.argument}, and changes nothing`, () =>
          check(row));
      }
    }
    it('has a row for everything that is exported', () => {
      const missing = entries
        .flatMap((entry) => Object.entries(entry))
        .flatMap(([name, value]) => namesOf(name, value));
      expect([...new Set(missing)].filter((name) => !this.#rows.has(name))).toEqual([]);
    });
    it('has a row for every argument', () => {
      const missing = entries
        .flatMap((entry) => Object.entries(entry))
        .flatMap(([name, value]) => parametersOf(name, value))
        .filter(([name, parameter]) => {
          const rows = this.#rows.get(name);
          return (
            rows !== undefined &&
            // What takes nothing that is checked has no rows at all.
            rows.length > 0 &&
            !this.#free.has(`${name} ${parameter}`) &&
            !rows.some(({ argument }) => argument.split('.')[0] === parameter)
          );
        });
      expect([...new Set(missing.map((each) => each.join(' ')))]).toEqual([]);
    });
    it('is of every entry of the package', () => {
      const { exports } = JSON.parse(
        readFileSync(new URL(`../../packages/${this.#folder}/package.json`, import.meta.url), 'utf8'),
      ) as { exports: object };
      expect(Object.keys(exports)).toHaveLength((entriesOf.get(this.#folder) as number) + 1); // and package.json
    });
    it('has a row for every option', () => {
      expect(optionsOf(this.#folder).filter((name) => !this.#options.has(name))).toEqual([]);
    });
  }

  #add(name: string, row: Row): this {
    const rows = this.#rows.get(name);
    if (rows) rows.push(row);
    else this.#rows.set(name, [row]);
    return this;
  }
}

/** What can be called of an export. */
function namesOf(name: string, value: unknown): string[] {
  if (typeof value !== 'function')
    return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
      ? Object.entries(value)
          .filter(([, each]) => typeof each === 'function')
          .map(([key]) => `${name}.${key}`)
      : [];
  if (!/^class\b/.test(Function.prototype.toString.call(value))) return [name];
  const of = (object: object, prefix: string): string[] =>
    Object.entries(Object.getOwnPropertyDescriptors(object))
      .filter(
        ([key, { value: each, set }]) => key !== 'constructor' && (typeof each === 'function' || set !== undefined),
      )
      .map(([key]) => `${prefix}.${key}`);
  return [`new ${name}`, ...of(value.prototype as object, name), ...of(value, name)];
}

/** The parameters of what can be called of an export, by the names that the code itself has for them. */
function parametersOf(name: string, value: unknown): [name: string, parameter: string][] {
  return namesOf(name, value).flatMap((each) => {
    const method = each.startsWith('new ') ? undefined : each.split('.')[1];
    const holder = value as Record<string, unknown> & { prototype?: Record<string, unknown> };
    const read = (of: object | undefined): unknown => (of && method && Object.getOwnPropertyDescriptor(of, method)?.value) as unknown; // prettier-ignore
    const code = String(method === undefined ? value : (read(holder.prototype) ?? read(holder)));
    const list = (each.startsWith('new ') ? /\bconstructor\(([^)]*)\)/ : /^[^(]*\(([^)]*)\)/).exec(code)?.[1] ?? '';
    return list
      .split(',')
      .map((parameter) => /^\W*(\w+)/.exec(parameter)?.[1])
      .filter((parameter) => parameter !== undefined && !parameter.startsWith('_'))
      .map((parameter): [string, string] => [each, parameter as string]);
  });
}

/** The properties of what the sources call options. */
function optionsOf(folder: string): string[] {
  const src = new URL(`../../packages/${folder}/src/`, import.meta.url);
  return readdirSync(src)
    .filter((file) => file.endsWith('.ts') && !file.includes('.test'))
    .flatMap((file) => [
      ...readFileSync(new URL(file, src), 'utf8').matchAll(
        /^export interface (\w*Options|Backoff|Actor)\b[^{]*\{\n([^]*?)^\}/gm,
      ),
    ])
    .flatMap(([, type = '', body = '']) =>
      [...body.matchAll(/^ {2}(\w+)\??[:(<]/gm)].map(([, property]) => `${type}.${property}`),
    );
}

async function check({ how, argument, kind, call, options }: Row): Promise<void> {
  const subject = options.subject?.() as never;
  const wrong: string[] = [];
  let tried = 0;
  for (const { label, value, hostile } of listed()) {
    if (takes(kind, value)) continue;
    tried++;
    const problem = await complaint(
      how,
      options.says ?? new RegExp(`\\b${argument}\\b`),
      kind,
      value,
      hostile === true,
      () => call(value as never, subject),
    );
    if (problem !== undefined) wrong.push(`${label}: ${problem}`);
  }
  expect(wrong).toEqual([]);
  if (kind !== kinds.anything) expect(tried).toBeGreaterThan(10);
  await options.works?.(subject);
}

async function complaint(
  how: Row['how'],
  says: RegExp,
  { numeric, word }: Kind,
  value: unknown,
  hostile: boolean,
  call: () => unknown,
): Promise<string | undefined> {
  let error: unknown;
  try {
    const result = call();
    if (how === 'throws') {
      // Should it be a rejection, that is not to be reported by the platform.
      Promise.resolve(result).catch(() => {});
      return 'is taken';
    }
    try {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise((resolve) => (timer = setTimeout(resolve, 200, 'late')));
      const outcome = await Promise.race([result, late]).finally(() => clearTimeout(timer));
      return outcome === 'late' ? 'is taken, and waited for' : 'is taken';
    } catch (thrown) {
      error = thrown;
    }
  } catch (thrown) {
    if (how === 'rejects') return `throws, instead of a rejection: ${String(thrown)}`;
    error = thrown;
  }
  const { name, message } = error as Error;
  if (hostile && (message === 'looked at' || /revoked/.test(message))) return undefined;
  const isObject = Object(value) === value;
  const expected = numeric && typeof value === 'number' ? ['RangeError'] : ['TypeError'];
  // What is in it, or its being empty, may be what is wrong; and so may a word be.
  if (isObject || word || typeof value === 'string') expected.push('RangeError');
  if (!expected.includes(name)) return `a ${name}, not a ${expected.join(' or ')}: ${message}`;
  if (!says.test(message)) return `does not say ${says}: ${message}`;
  // Of a property of the argument, it is that property's.
  if (!isObject && /\w[.[][\w.\]]+ must be/.test(message)) return undefined;
  if (isObject ? !/\bgot\b/.test(message) : !message.includes(String(value)))
    return `does not say the value: ${message}`;
  return undefined;
}
