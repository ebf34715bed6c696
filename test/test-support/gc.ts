/** Collects garbage until what is weakly held has been let go of and the registries have been told. */
export async function collect(): Promise<void> {
  for (let round = 0; round < 8; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc!();
  }
  await new Promise((resolve) => setImmediate(resolve));
}

/** The bytes in use after a collection. */
async function heapUsed(): Promise<number> {
  await collect();
  return process.memoryUsage().heapUsed;
}

/**
 * By how many bytes something that is done grows the heap: the least of up to three times, until it is less than the bound. What the engine takes for itself it takes
 * once; a leak is there each time.
 */
export async function growth(bound: number, round: () => unknown): Promise<number> {
  let grown = Infinity;
  for (let time = 0; time < 3 && grown >= bound; time++) {
    const before = await heapUsed();
    await round();
    grown = (await heapUsed()) - before;
  }
  return grown;
}
