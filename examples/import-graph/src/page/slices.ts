/** How long the page may be busy at a stretch, in milliseconds: less than anyone notices. */
const budget = 12;

/** Does something for each, and lets the page breathe in between. */
export async function inSlices<T>(items: Iterable<T>, act: (item: T) => void): Promise<void> {
  let begin = performance.now();
  for (const item of items) {
    act(item);
    if (performance.now() - begin < budget) continue;
    await pause();
    begin = performance.now();
  }
}

/** Lets whatever waits go first. A timer would be made slower when nested, a frame does not come while the page is hidden. */
export function pause(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
