import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { shortTurn } from './turns.js';

// How a connection of HTTP/1 ends without losing a request.
//
//   idle ─── a request comes ──▶ busy
//    │   ◀── all is answered ───  │
//    │                            │
//    │ end(), then 50 ms          │ end(), or sayLast(), then the last response has left, which says so
//    └─────────▶ ended ◀──────────┘
//                │ we have said our last, and read on,
//                │ until the client ends its side, or 500 ms have passed
//                ▼
//              closed
//
// Invariants
// 1. A connection is busy as long as there is a response that has not left, or somebody reads the rest of what was answered early, and does not pause it
//    for long, or something has been read that no response was for: a part of a request, or what is no longer HTTP/1. It does not end before it is idle
//    again. Only a part that has come in one piece with the request before it, and one on a stream that does not count what it reads, are not told from
//    nothing.
// 2. Of the responses that wait to leave, the last says that the connection ends, unless its headers have left, and no other: Node ends it with the
//    one that does. While the server still listens a handler may say another thing, and the connection goes on.
// 3. It has one timer at most, which goes with it.

/** How long the next request may be on its way, when a connection was made, or its last request answered, in milliseconds: who closed it would reset that. */
export const LINGER = 50;

/** How much may come behind a request without being of another: some clients send an empty line (RFC 9112, 2.2), and none so little of a request. */
const EMPTY_LINE = 2;

/** A connection, of which it is known what it is busy with. */
export class Connection {
  readonly #socket: Socket & { parser?: unknown };
  /** Responses that have not left, in the order of their requests: there may be more than one (pipelining). */
  readonly #answering = new Set<ServerResponse>();
  /** The latest. */
  #request: IncomingMessage | undefined;
  /** The one that says that the connection ends. */
  #last: ServerResponse | undefined;
  /** Whether that one would have said that it goes on: its client may have asked for the end. */
  #goesOn = true;
  /** Since when there is no request. */
  #idleSince = performance.now();
  /** How much had been read by then. To Bun it is nothing, ever, and of a stream that is no socket undefined. */
  #idleBytes = 0;
  #ending = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Is told of a request on it, and whether the answer is to say that it ends. */
  asked(request: IncomingMessage, response: ServerResponse, isLast: boolean): void {
    const idle = (): void => {
      this.#idleSince = performance.now();
      this.#idleBytes = this.#socket.bytesRead;
      if (this.#ending) this.#endWhenIdle();
    };
    this.#request = request;
    this.#answering.add(response);
    // Where the one before it has said so, this was sent before its client could know.
    if (this.#ending || isLast || this.#last) this.sayLast(response);
    response.once('close', () => {
      this.#answering.delete(response);
      idle();
    });
    // It may have been answered before all of it had come.
    request.once('close', idle);
  }

  /** Ends it, as soon as everything has been answered, and nothing can be on its way. Is said once. */
  end(): void {
    this.#ending = true;
    this.sayLast();
    this.#endWhenIdle();
    this.cutWhenEnded();
  }

  /** Has the last response that waits to leave say that the connection ends, which it then does, unless its handler says another thing. */
  sayLast(response: ServerResponse | undefined = [...this.#answering].at(-1)): void {
    if (response === undefined || response.headersSent) return;
    this.sayNothing();
    this.#last = response;
    this.#goesOn = response.shouldKeepAlive;
    say(response, false);
    // What Node calls after it. A client that has sent the next request all the same would be met by a reset, and might lose what it has not yet read.
    this.#socket.destroySoon = () => {
      this.#ending = true;
      // Whose request comes behind one that has said so is not answered: Node gives it no connection.
      if (this.#answering.size > 1 || !this.#isReceiving()) this.#endGently();
    };
  }

  /** Takes that back, unless it has left. */
  sayNothing(): void {
    if (this.#last) say(this.#last, this.#goesOn);
    this.#last = undefined;
  }

  /**
   * Sees to it that it closes when others have ended it: who refuses an upgrade, or what is no HTTP, or a session of HTTP/2.
   *
   * @param mayCut is asked each time that the client has had its time
   */
  cutWhenEnded(mayCut?: () => boolean): void {
    if (this.#socket.writableFinished) this.#cutUnlessClosed(mayCut);
    else this.#socket.once('finish', () => this.#cutUnlessClosed(mayCut));
  }

  /** Lets go of it: it has closed, or is about to. */
  leave(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Whether all is answered, and nobody else has ended it, or taken it over: Node takes the parser from what has been upgraded. */
  #isAnswered(): boolean {
    const { destroyed, writableEnded, parser } = this.#socket;
    return !destroyed && !writableEnded && parser !== null && this.#answering.size === 0;
  }

  #isIdle(): boolean {
    if (!this.#isAnswered() || this.#isReceiving()) return false;
    // What has come may be the rest of what was answered early, which nobody reads.
    return this.#request?.complete === false || !(this.#socket.bytesRead > this.#idleBytes + EMPTY_LINE);
  }

  /** Whether somebody reads a request that has not come to its end. What nobody reads may be lost. */
  #isReceiving(): boolean {
    const request = this.#request;
    return request?.complete === false && isRead(request);
  }

  #endWhenIdle(): void {
    const request = this.#request;
    if (!this.#isIdle()) {
      // All of it may have come, and not been read: nothing tells of that.
      if (request && isRead(request) && !request.closed && this.#isAnswered()) this.#endWhenStalled(request);
      return;
    }
    // Not longer than that, also when the clock is one of a test now.
    const wait = Math.min(Math.max(0, this.#idleSince + LINGER - performance.now()), LINGER);
    this.#after(wait, (isLast) => void this.#endOnceRead(isLast));
  }

  /**
   * Who has answered early, and paused what still comes, may never go on: that is waited for as a client is. Its timer keeps the program up, since a
   * socket from which nothing more is taken does not.
   */
  #endWhenStalled(request: IncomingMessage): void {
    const { bytesRead } = this.#socket;
    const { readableLength } = request;
    this.#after(10 * LINGER, () => {
      // Who pauses for each piece may have many of them.
      const goesOn = this.#socket.bytesRead !== bytesRead || request.readableLength !== readableLength;
      if (goesOn || !isPaused(request) || !this.#isAnswered()) this.#endWhenIdle();
      else this.#endGently();
    });
  }

  /** A busy program is told of the time before it is told of what has come meanwhile: that is looked at first. */
  async #endOnceRead(isLast: () => boolean): Promise<void> {
    await shortTurn();
    if (isLast() && this.#isIdle()) this.#endGently();
  }

  /** Calls back after so many milliseconds, unless another call of this comes first. */
  #after(ms: number, callback: (isLast: () => boolean) => void): void {
    clearTimeout(this.#timer);
    const timer = (this.#timer = setTimeout(() => callback(() => this.#timer === timer), ms));
  }

  /** Ends it from our side, and reads what still comes: to close it with something unread is to reset it. */
  #endGently(): void {
    const socket = this.#socket;
    // The HTTP parser lets go of a socket that somebody else reads. Where it has paused it, since nobody takes what comes, it alone has it go on.
    const read = (): void => void socket.removeAllListeners('data').on('data', () => {});
    if (socket.isPaused()) socket.once('resume', read).resume();
    else read();
    socket.end();
    this.#cutUnlessClosed();
  }

  /**
   * Who does not close its side, when we have closed ours, is gone, or will never do it; but of a tunnel each side ends when it is time. And who still sends
   * the rest of what was answered early may read its answer only then.
   */
  #cutUnlessClosed(mayCut = (): boolean => !(this.#socket.parser === null && isRead(this.#socket))): void {
    const { bytesRead } = this.#socket;
    this.#after(10 * LINGER, () => {
      const sends = this.#request?.complete === false && this.#socket.bytesRead !== bytesRead;
      if (!sends && mayCut()) return void this.#socket.destroy();
      // Who reads it may leave it later.
      this.#cutUnlessClosed(mayCut);
      this.#keepNothingUp();
    });
  }

  /** What is looked at again and again: the connection keeps the program up, if it is to be kept up. */
  #keepNothingUp(): void {
    (this.#timer as { unref?: () => void }).unref?.();
  }
}

const isRead = (stream: Readable): boolean => stream.listenerCount('data') + stream.listenerCount('readable') > 0;

/** Whether who reads it does not now, though nothing holds that up: `pipe` pauses it, too. What is `readable` is never flowing. */
function isPaused(stream: Readable & { _readableState?: { pipes?: unknown[] } }): boolean {
  return stream.isPaused() && stream.listenerCount('readable') === 0 && stream._readableState?.pipes?.length === 0;
}

/** Has a response say whether the connection goes on. What its handler has said of that itself is said anew; what it says later stays. */
function say(response: ServerResponse, goesOn: boolean): void {
  response.shouldKeepAlive = goesOn;
  if (!response.headersSent && response.hasHeader('Connection'))
    response.setHeader('Connection', goesOn ? 'keep-alive' : 'close');
}
