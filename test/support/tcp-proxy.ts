import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** Something between a client and a server that can delay what is said, cut connections and let nobody through. */
export class TcpProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #target = 0;
  /** Nobody gets through, and whoever was through is cut off. */
  #closed = false;
  /** How long each piece waits on its way. */
  delayMs = 0;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (client) => {
      this.#join(client);
    });
  }

  static async open(): Promise<TcpProxy> {
    const server = createServer({ allowHalfOpen: false });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy(server);
  }

  /** Where connections go from now on. */
  set target(port: number) {
    this.#target = port;
  }

  /** Ends every connection that there is; new ones get through. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Ends every connection, and lets nobody through until {@link reopen}. */
  shut(): void {
    this.#closed = true;
    this.cut();
  }

  reopen(): void {
    this.#closed = false;
  }

  async stop(): Promise<void> {
    this.shut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(client: Socket): void {
    if (this.#closed) {
      client.destroy();
      return;
    }
    const server = connect(this.#target, '127.0.0.1');
    this.#carry(client, server);
    this.#carry(server, client);
  }

  #carry(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on('data', (piece) => {
      const pass = (): void => {
        if (to.writable) to.write(piece);
      };
      if (this.delayMs === 0) pass();
      else setTimeout(pass, this.delayMs);
    });
    from.on('error', () => undefined);
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}
