import { describe, expect, test } from '@jest/globals';
import { InputError, parseOptions } from './options.js';

describe('the command line', () => {
  test('may be empty', () => {
    const defaults = { json: false, failOnCycle: false, concurrency: 16, watch: false, help: false };
    expect(parseOptions([])).toEqual(defaults);
  });

  test('takes a path and options in any order', () => {
    const args = ['--json', 'src', '--dot=g.dot', '--fail-on-cycle', '--concurrency', '3', '-h'];
    expect(parseOptions(args)).toEqual({
      ...{ path: 'src', json: true, dot: 'g.dot', failOnCycle: true, concurrency: 3, help: true, watch: false },
    });
    expect(parseOptions(['--watch', '--trace', 't.json'])).toMatchObject({ watch: true, trace: 't.json' });
    expect(parseOptions(['--', '--odd']).path).toBe('--odd');
  });

  test('takes what follows --serve for its port only if that is a number', () => {
    expect(parseOptions(['--serve'])).toMatchObject({ serve: { port: undefined }, path: undefined });
    expect(parseOptions(['--serve', 'src'])).toMatchObject({ serve: { port: undefined }, path: 'src' });
    expect(parseOptions(['--serve', '8080', 'src'])).toMatchObject({ serve: { port: 8080 }, path: 'src' });
    expect(parseOptions(['src', '--serve=0'])).toMatchObject({ serve: { port: 0 }, path: 'src' });
    expect(parseOptions(['--serve', './8080'])).toMatchObject({ serve: { port: undefined }, path: './8080' });
    expect(parseOptions(['--serve', '--watch', '65535'])).toMatchObject({ serve: { port: undefined }, path: '65535' });
    expect(parseOptions(['--', '--serve'])).toMatchObject({ serve: undefined, path: '--serve' });
  });

  test.each([
    [['--nothing'], "Unknown option '--nothing' (see --help)"],
    [['-x'], "Unknown option '-x' (see --help)"],
    [['--json=yes'], "Option '--json' does not take an argument (see --help)"],
    [['--dot'], "Option '--dot <value>' argument missing (see --help)"],
    [['--dot='], '--dot needs the name of a file'],
    [['--trace'], "Option '--trace <value>' argument missing (see --help)"],
    [['--trace='], '--trace needs the name of a file'],
    [['--watch=5'], "Option '--watch' does not take an argument (see --help)"],
    [['--serve', '65536'], "--serve must be a port from 0 to 65535, got '65536'"],
    [['--serve', '-1'], "--serve must be a port from 0 to 65535, got '-1'"],
    [['--serve', '80.5'], "--serve must be a port from 0 to 65535, got '80.5'"],
    [['--serve=http'], "--serve must be a port from 0 to 65535, got 'http'"],
    [['--serve='], "--serve must be a port from 0 to 65535, got ''"],
    [['--watch', '--fail-on-cycle'], '--fail-on-cycle is for a run that ends, and --watch does not'],
    [['--serve', '--fail-on-cycle'], '--fail-on-cycle is for a run that ends, and --serve does not'],
    [['a', 'b'], "one path at a time, got 'a' and 'b'"],
    [[''], 'the path must not be empty'],
    [['--concurrency', '-1'], "--concurrency must be a whole number from 1, got '-1'"],
    [['--concurrency', '-1.5', 'src'], "--concurrency must be a whole number from 1, got '-1.5'"],
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
