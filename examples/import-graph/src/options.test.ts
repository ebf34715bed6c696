import { describe, expect, test } from '@jest/globals';
import { InputError, parseOptions } from './options.js';

describe('the command line', () => {
  test('may be empty', () => {
    const defaults = { path: undefined, json: false, dot: undefined, failOnCycle: false, concurrency: 16, help: false };
    expect(parseOptions([])).toEqual(defaults);
  });

  test('takes a path and options in any order', () => {
    const args = ['--json', 'src', '--dot=g.dot', '--fail-on-cycle', '--concurrency', '3', '-h'];
    expect(parseOptions(args)).toEqual({
      ...{ path: 'src', json: true, dot: 'g.dot', failOnCycle: true, concurrency: 3, help: true },
    });
    expect(parseOptions(['--', '--odd']).path).toBe('--odd');
  });

  test.each([
    [['--nothing'], "Unknown option '--nothing' (see --help)"],
    [['-x'], "Unknown option '-x' (see --help)"],
    [['--json=yes'], "Option '--json' does not take an argument (see --help)"],
    [['--dot'], "Option '--dot <value>' argument missing (see --help)"],
    [['--dot='], '--dot needs the name of a file'],
    [['a', 'b'], "one path at a time, got 'a' and 'b'"],
    [[''], 'the path must not be empty'],
    ...['0', '-1', '1.5', 'many', '', '1e3', '99999999999999999999'].map((value): [string[], string] => [
      [`--concurrency=${value}`],
      `--concurrency must be a whole number from 1, got '${value}'`,
    ]),
  ])('%j is refused in one sentence', (args, sentence) => {
    expect(() => parseOptions(args)).toThrow(InputError);
    expect(() => parseOptions(args)).toThrow(sentence);
    expect(sentence).not.toContain('. ');
  });
});
