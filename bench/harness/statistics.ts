// Medians and quartiles: on a shared machine means and minima tell of the neighbours.
import type { Spread } from './record.js';

/** Gives the value below which the share `at` of the samples lies, interpolated. */
function quantile(samples: readonly number[], at: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const position = (sorted.length - 1) * at;
  const below = Math.floor(position);
  const low = sorted[below] ?? NaN;
  const high = sorted[below + 1] ?? low;
  return low + (high - low) * (position - below);
}

export function spread(samples: readonly number[]): Spread {
  return { median: quantile(samples, 0.5), low: quantile(samples, 0.25), high: quantile(samples, 0.75) };
}

/** Divides sample by sample: what disturbed a round disturbed both sides of it. */
export function ratios(ours: readonly (number | undefined)[], other: readonly (number | undefined)[]): number[] {
  const result: number[] = [];
  for (let round = 0; round < Math.min(ours.length, other.length); round++) {
    const a = ours[round];
    const b = other[round];
    if (a !== undefined && b !== undefined) result.push(a / b);
  }
  return result;
}
