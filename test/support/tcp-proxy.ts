import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * What becomes of a connection: it passes; it is refused; it is taken and nothing is said (`hang`); what the client says arrives
 * and no answer comes back (`swallow-answers`).
 */
type Mode = 'pass' | 'refuse' | 'hang' | 'swallow-answers';

const host = '127.0.0.1';
// Below what systems give to outgoing connections, so that nobody takes the port while it is refused.
const lowestPort = 15_000;
const ports = 17_000;

/** Stands between a client and a server on this machine, and does to their connections what networks do. */
export class TcpProxy {
  readonly port: number;
  readonly #connections = new Set<Socket>();
  #server: Server;
  #mode: Mode = 'pass';
  #delayMs = 0;
  /** Where connections go to. */
  targetPort = 0;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
    server.on('connection', (client) => {
      this.#take(client);
    });
  }

  /** Listens on a port that stays its own. */
  static async open(): Promise<TcpProxy> {
    for (;;) {
      const port = lowestPort + Math.floor(Math.random() * ports);
      const server = createServer();
      if (await listens(server, port)) return new TcpProxy(server, port);
    }
  }

  /** All is well from now on, with each piece of data late by `delayMs`; connections that missed something end. */
  async pass(delayMs = 0): Promise<void> {
    if (this.#mode !== 'pass') this.cut();
    this.#mode = 'pass';
    this.#delayMs = delayMs;
    while (!this.#server.listening) await listens(this.#server, this.port);
  }

  /** Ends all connections and takes no new ones. */
  refuse(): void {
    this.#mode = 'refuse';
    this.#server.close();
    this.cut();
  }

  /** The other side is there and silent, as one that was stopped in its tracks. */
  hang(): void {
    this.#mode = 'hang';
  }

  /** The other side hears everything, and is not heard. */
  swallowAnswers(): void {
    this.#mode = 'swallow-answers';
  }

  /** Ends all connections at once; new ones are taken. */
  cut(): void {
    for (const socket of this.#connections) socket.resetAndDestroy();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }

  #take(client: Socket): void {
    const server = connect({ host, port: this.targetPort });
    this.#forward(client, server, () => this.#mode !== 'hang');
    this.#forward(server, client, () => this.#mode === 'pass');
  }

  #forward(from: Socket, to: Socket, passes: () => boolean): void {
    this.#connections.add(from);
    from.on('data', (data) => {
      if (!passes()) return;
      if (this.#delayMs === 0) to.write(data);
      else setTimeout(() => to.write(data), this.#delayMs);
    });
    from.on('error', () => undefined);
    from.on('close', () => {
      this.#connections.delete(from);
      to.destroy();
    });
  }
}

function listens(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const failed = (): void => {
      resolve(false);
    };
    server.once('error', failed);
    server.listen(port, host, () => {
      server.off('error', failed);
      resolve(true);
    });
  });
}
