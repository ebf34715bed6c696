import { describe, expect, test } from '@jest/globals';
import { inBytes, readPatterns } from './gitignore.js';

const paths = [
  ...['a.ts', 'b.ts', 'B.ts', '5.ts', '-.ts', '!.ts', '].ts', '^.ts', '[!a].ts', '#a', '!a', 'a ', '*'],
  ...['lib', 'lib/a.ts', 'lib/sub', 'lib/sub/a.ts', 'lib/sub/b.ts', 'lib/a', 'é.ts'],
];

/** Which of the paths a file ignores, none of them being a folder. */
function ignored(text: string): string[] {
  const patterns = readPatterns(inBytes(text)).reverse();
  return paths.filter((path) => {
    const decisive = patterns.find(({ onlyFolders, expression }) => !onlyFolders && expression.test(inBytes(path)));
    return decisive?.isNegated === false;
  });
}

// Each is what git says (`git check-ignore --no-index --stdin`).
describe('a line of a .gitignore', () => {
  const names = (found: readonly string[]): string => found.filter((path) => /^.\.ts$/u.test(path)).join(' ');

  test.each([
    ['[ab].ts', 'a.ts b.ts'],
    ['[!a].ts', 'b.ts B.ts 5.ts -.ts !.ts ].ts ^.ts'],
    ['[^a].ts', 'b.ts B.ts 5.ts -.ts !.ts ].ts ^.ts'],
    ['[\\!a].ts', 'a.ts !.ts'],
    ['[a!].ts', 'a.ts !.ts'],
    ['[a^].ts', 'a.ts ^.ts'],
    ['[]a].ts', 'a.ts ].ts'],
    ['[!]a].ts', 'b.ts B.ts 5.ts -.ts !.ts ^.ts'],
    ['[a\\]].ts', 'a.ts ].ts'],
    ['[a-z].ts', 'a.ts b.ts'],
    ['[a-].ts', 'a.ts -.ts'],
    ['[b-a].ts', 'b.ts'],
    ['[é].ts', ''],
    ['??.ts', 'é.ts'],
    ['[[:alpha:]].ts', 'a.ts b.ts B.ts'],
    ['[![:alpha:][:punct:]].ts', '5.ts'],
    ['[[:upper:]a-].ts', 'a.ts B.ts -.ts'],
    ['[[:none:]].ts', ''],
    ['[[:alpha:].ts', ''],
    ['[a.ts', ''],
    ['a.ts\\', ''],
    ['?.t[!a]', 'a.ts b.ts B.ts 5.ts -.ts !.ts ].ts ^.ts'],
  ])('has the sets of characters that git has: %s', (line, expected) => {
    expect(names(ignored(line))).toBe(expected);
  });

  test.each([
    ['\\[!a].ts', ['[!a].ts']],
    ['\\[[!b]a].ts', ['[!a].ts']],
    ['lib[!a]a.ts', []],
    ['lib[/]a.ts', []],
    ['a.ts', ['a.ts', 'lib/a.ts', 'lib/sub/a.ts']],
    ['/a.ts', ['a.ts']],
    ['lib/a.ts', ['lib/a.ts']],
    ['lib/*.ts', ['lib/a.ts']],
    ['lib/**', ['lib/a.ts', 'lib/sub', 'lib/sub/a.ts', 'lib/sub/b.ts', 'lib/a']],
    ['lib/**/a.ts', ['lib/a.ts', 'lib/sub/a.ts']],
    ['**/**/a', ['lib/a']],
    ['lib**a.ts', []],
    ['a.ts\r\n!lib/a.ts\r', ['a.ts', 'lib/sub/a.ts']],
    ['\uFEFFlib/a   ', ['lib/a']],
    ['a\\ ', ['a ']],
    ['#a\n\\#a', ['#a']],
    ['!a\n\\!a', ['!a']],
    ['\\*', ['*']],
    ['a.ts/\n/\n!\n\n', []],
  ])('matches what git matches: %j', (text, expected) => {
    expect(ignored(text)).toEqual(expected);
  });
});
