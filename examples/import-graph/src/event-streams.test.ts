import { describe, expect, test } from '@jest/globals';
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { EventStreams } from './event-streams.js';

/** A reader that takes what it is sent as long as it is told to. */
class Reader extends EventEmitter {
  keepsUp = true;
  ended = false;
  #text = '';

  writeHead(): void {}

  write(text: string): boolean {
    this.#text += text;
    return this.keepsUp;
  }

  end(): void {
    this.ended = true;
  }

  /** What has come since it was last asked. */
  took(): string[] {
    const messages = this.#text.split('\n\n').filter((text) => text !== '' && !text.startsWith(':'));
    this.#text = '';
    return messages.map((text) => text.replace(/^event: (.*)\ndata: /, '$1 '));
  }

  get response(): ServerResponse {
    return this as unknown as ServerResponse;
  }
}

describe('event streams', () => {
  test('tell every listener, a new one first what there is', () => {
    const streams = new EventStreams();
    const [one, two] = [new Reader(), new Reader()];
    streams.open(one.response, [['progress', '1']]);
    streams.send('graph', 'a');
    streams.open(two.response, []);
    streams.send('graph', 'b');
    expect([one.took(), two.took()]).toEqual([['progress 1', 'graph a', 'graph b'], ['graph b']]);
    one.emit('close');
    streams.send('graph', 'c');
    expect([one.took(), two.took(), streams.size]).toEqual([[], ['graph c'], 1]);
  });

  test('keep for one that falls behind the latest of each kind, in the order in which they came', () => {
    const streams = new EventStreams();
    const reader = new Reader();
    streams.open(reader.response, []);
    reader.keepsUp = false;
    streams.send('progress', '1');
    for (let number = 2; number < 1000; number++) streams.send('progress', String(number));
    streams.send('graph', 'a');
    streams.send('progress', '1000');
    streams.beat();
    expect(reader.took()).toEqual(['progress 1']);
    reader.keepsUp = true;
    reader.emit('drain');
    expect(reader.took()).toEqual(['graph a', 'progress 1000']);
    streams.send('graph', 'b');
    expect(reader.took()).toEqual(['graph b']);
  });

  test('end when they are closed, also one that is opened then', () => {
    const streams = new EventStreams();
    const [one, two] = [new Reader(), new Reader()];
    streams.open(one.response, []);
    streams.close();
    streams.open(two.response, [['graph', 'a']]);
    expect([one.ended, two.ended, two.took()]).toEqual([true, true, []]);
    expect(() => one.emit('error', new Error('reset'))).not.toThrow();
  });
});
