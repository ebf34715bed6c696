import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { barOf, drawProgress } from './progress.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('the progress bar', () => {
  test('is drawn on a terminal while things go on, and leaves its line empty', () => {
    const counts = { found: 4, read: 1, evaluated: 0 };
    const written: string[] = [];
    const bar = drawProgress(counts, { isTTY: true, columns: 80, write: (text) => written.push(text) });
    counts.read = 4;
    counts.evaluated = 4;
    jest.advanceTimersByTime(100);
    bar[Symbol.dispose]();
    expect(jest.getTimerCount()).toBe(0);
    expect(written).toEqual([
      `\r\u001b[K${'█'.repeat(4)}${'░'.repeat(26)} 1 of 4 modules read, 0 done`,
      `\r\u001b[K${'█'.repeat(30)} 4 of 4 modules read, 4 done`,
      '\r\u001b[K',
    ]);
  });

  test('is not drawn elsewhere', () => {
    const written: string[] = [];
    const bar = drawProgress({ found: 0, read: 0, evaluated: 0 }, { write: (text) => written.push(text) });
    expect(jest.getTimerCount()).toBe(0);
    bar[Symbol.dispose]();
    expect(written).toEqual([]);
  });

  test('is drawn on a terminal that does not know its width', () => {
    const written: string[] = [];
    const write = (text: string): number => written.push(text);
    drawProgress({ found: 1, read: 0, evaluated: 0 }, { isTTY: true, columns: 0, write })[Symbol.dispose]();
    expect(written[0]).toContain('0 of 1 modules read');
  });

  test('never is wider than the terminal', () => {
    for (let columns = 1; columns < 100; columns++) {
      expect(barOf({ found: 12345, read: 999, evaluated: 3 }, columns).length).toBeLessThan(Math.max(columns, 1));
    }
    expect(barOf({ found: 0, read: 0, evaluated: 0 }, 80)).toContain('░'.repeat(30));
  });
});
