import { element } from './elements.js';

/** The least time between two announcements of how far something is: whoever listens hears them to the end. */
const interval = 3000;

/** Says what happens to those who do not see it. */
export class Announcer {
  readonly #live = element('live');
  #last = 0;

  say(text: string): void {
    this.#live.textContent = text;
    this.#last = performance.now();
  }

  /** Says it unless something was said just now. */
  mention(text: string): void {
    if (performance.now() - this.#last >= interval) this.say(text);
  }
}
