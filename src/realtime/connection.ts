import type { Duplex } from 'node:stream';

import type { WebSocket } from 'ws';

import type { Principal } from '../auth/principal.ts';
import type { JsonObject, JsonValue } from '../kernel/json.ts';
import { textFrame } from './frame.ts';
import { closeCodes, wireErrors, type WireErrorName } from './protocol.ts';
import type { Subscription } from './subscription.ts';

/** Bytes that may wait in a socket before its subscriptions stop reading the log for it. */
const highWaterBytes = 256 * 1024;
const messagesPerSecond = 50;
const messageBurst = 500;
const maxRefusals = 200;

interface ConnectionOptions {
  readonly id: string;
  readonly webSocket: WebSocket;
  readonly socket: Duplex;
  readonly principal: Principal;
  readonly connectedAtMs: number;
  /** The client understands more than the base protocol. */
  readonly extended: boolean;
}

/** One WebSocket: what it is subscribed to, how much waits in it, and whether it is still there. */
export class Connection {
  readonly id: string;
  readonly connectedAtMs: number;
  readonly subscriptions = new Map<string, Subscription>();
  principal: Principal;
  extended: boolean;
  /** It answered the last ping. */
  alive = true;
  messagesSent = 0;
  messagesReceived = 0;
  readonly #webSocket: WebSocket;
  readonly #socket: Duplex;
  #allowance = messageBurst;
  #allowedAtMs = performance.now();
  #refusals = 0;

  constructor(options: ConnectionOptions) {
    this.id = options.id;
    this.principal = options.principal;
    this.connectedAtMs = options.connectedAtMs;
    this.extended = options.extended;
    this.#webSocket = options.webSocket;
    this.#socket = options.socket;
  }

  get open(): boolean {
    return this.#webSocket.readyState === this.#webSocket.OPEN;
  }

  get pendingBytes(): number {
    return this.#socket.writableLength;
  }

  /** The socket takes less than it is given: stop reading for it until it drains. */
  get congested(): boolean {
    return this.#socket.writableLength > highWaterBytes;
  }

  /**
   * Writes ready-made frames. They go to the socket below the WebSocket, which adds nothing to text that is neither
   * compressed nor fragmented; so one buffer serves all subscribers.
   */
  write(frames: Buffer, messages: number): void {
    if (!this.open) return;
    this.#socket.write(frames);
    this.messagesSent += messages;
  }

  /** Sends a message to this client, if it asked for more than the base protocol. */
  tell(message: JsonObject): void {
    if (this.extended) this.send(message);
  }

  send(message: JsonObject): void {
    this.write(textFrame(JSON.stringify(message)), 1);
  }

  /** Sends an error; closes the socket when there have been too many. */
  refuse(name: WireErrorName, message: string, id: JsonValue, extra: JsonObject = {}): void {
    const { code, temporary } = wireErrors[name];
    this.send({ type: 'error', id, code, name, temporary, message, error: message, ...extra });
    if (++this.#refusals > maxRefusals) this.close(closeCodes.badRequest, 'too many bad messages');
  }

  /** False when the client says too much: 50 messages a second, 500 at once. */
  mayReceive(): boolean {
    this.messagesReceived++;
    const now = performance.now();
    this.#allowance = Math.min(messageBurst, this.#allowance + ((now - this.#allowedAtMs) / 1000) * messagesPerSecond);
    this.#allowedAtMs = now;
    if (this.#allowance < 1) return false;
    this.#allowance--;
    return true;
  }

  ping(): void {
    this.alive = false;
    this.#webSocket.ping();
  }

  close(code: number, reason: string): void {
    this.#webSocket.close(code, reason);
  }

  terminate(): void {
    this.#webSocket.terminate();
  }
}
