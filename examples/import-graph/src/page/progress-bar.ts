import type { Progress } from './connection.js';
import { element } from './elements.js';

const numbers = new Intl.NumberFormat('en');

/** Shows how far the work is, until it is done; returns it in words. */
export class ProgressBar {
  readonly #host = element('progress');
  readonly #bar = element('progress-bar');
  readonly #fill = element('progress-bar').firstElementChild as HTMLElement;
  readonly #text = element('progress-text');

  /** @param first there is nothing else to look at yet */
  show({ phase, done, known }: Progress, first: boolean): string {
    this.#host.hidden = phase === 'done';
    this.#host.classList.toggle('first', first);
    if (phase === 'done') return '';
    const verb = phase === 'reading' ? 'Reading' : 'Evaluating';
    const text =
      known === 0 ? 'Looking for modules' : `${verb} ${numbers.format(done)} of ${numbers.format(known)} modules`;
    // Half of the way is reading, half evaluating.
    const share = known === 0 ? 0 : (phase === 'reading' ? 0 : 0.5) + done / known / 2;
    this.#fill.style.transform = `scaleX(${share})`;
    this.#bar.setAttribute('aria-valuemax', '100');
    this.#bar.setAttribute('aria-valuenow', String(Math.round(100 * share)));
    this.#bar.setAttribute('aria-valuetext', text);
    this.#text.textContent = text;
    return text;
  }

  hide(): void {
    this.#host.hidden = true;
  }
}
