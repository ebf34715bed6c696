import type { ModuleView } from './view.js';

/** Which of a module's sizes its area shows. */
export type SizeKind = 'own' | 'total';

const usual = 5;
/** Smaller is hard to see and to hit, larger hides what is beside it. */
const [least, most] = [2.2, 46];

export function sizeOf(module: Pick<ModuleView, 'size' | 'totalSize'>, kind: SizeKind): number {
  return kind === 'own' ? module.size : module.totalSize;
}

/** The radius for each size, in units of the drawing: areas are as the sizes are, and one of the mean size has the usual radius. */
export function radiusOf(
  modules: Iterable<Pick<ModuleView, 'size' | 'totalSize'>>,
  kind: SizeKind,
): (size: number) => number {
  let sum = 0;
  let count = 0;
  for (const module of modules) {
    sum += sizeOf(module, kind);
    count += 1;
  }
  const mean = sum / count || 1;
  return (size) => Math.min(most, Math.max(least, usual * Math.sqrt(size / mean)));
}
