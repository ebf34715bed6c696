/**
 * Has the platform report an error as what a listener throws, when whoever runs now has gone on.
 *
 * By a listener: `queueMicrotask` may be one of fake timers, also when this is loaded, and those may drop what they keep.
 */
export function report(error: unknown): void {
  void Promise.resolve().then(() => {
    const controller = new AbortController();
    controller.signal.addEventListener('abort', () => {
      throw error;
    });
    controller.abort(error);
  });
}
