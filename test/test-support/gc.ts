/** Collects garbage until what is weakly held has been let go of and the registries have been told. */
export async function collect(): Promise<void> {
  for (let round = 0; round < 8; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc!();
  }
  await new Promise((resolve) => setImmediate(resolve));
}

/** The bytes in use after a collection. */
export async function heapUsed(): Promise<number> {
  await collect();
  return process.memoryUsage().heapUsed;
}
