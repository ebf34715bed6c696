import { onAbort } from '@x/abort';

/** What an actor that has one run at a time does when one begins: refuses it while there is another, and tells when it begins and when it is over. */
export function oneRun(
  name: string,
  kind: string,
  tell: (running: boolean) => void = () => {},
): (over: AbortSignal) => void {
  let running = false;
  const change = (now: boolean): void => tell((running = now));
  return (over) => {
    if (running) throw new TypeError(`${name} runs already: make a ${kind} for each place in a group`);
    change(true);
    onAbort(over, () => change(false));
  };
}
