import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** After how many bytes of which direction a WebSocket's connection is cut. */
export interface Cut {
  readonly direction: 'to-client' | 'to-server';
  readonly bytes: number;
}

/** Between a client and a server: cuts WebSockets after an exact number of bytes, those of HTTP never. */
export class CuttingProxy {
  readonly url: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Cuts of the next WebSockets, one each; those after them are not cut. */
  readonly #cuts: Cut[] = [];
  /** WebSockets that were opened so far. */
  opened = 0;
  /** Bytes that the last WebSocket has carried to its client. */
  carried = 0;
  /** Says nothing more to anybody, and takes nothing, while connections stay open. */
  silent = false;

  private constructor(server: Server, targetUrl: string) {
    this.#server = server;
    this.url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    server.on('connection', (client) => {
      this.#join(client, Number(new URL(targetUrl).port));
    });
  }

  static async open(targetUrl: string): Promise<CuttingProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new CuttingProxy(server, targetUrl);
  }

  cutNext(...cuts: readonly Cut[]): void {
    this.#cuts.push(...cuts);
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(client: Socket, port: number): void {
    const server = connect(port, '127.0.0.1');
    let cut: Cut | undefined;
    let isWebSocket = false;
    client.once('data', (head: Buffer) => {
      isWebSocket = head.includes('Upgrade: websocket') || head.includes('upgrade: websocket');
      if (!isWebSocket) return;
      this.opened++;
      this.carried = 0;
      cut = this.#cuts.shift();
    });
    const carry = (from: Socket, to: Socket, direction: Cut['direction']): void => {
      let carried = 0;
      this.#sockets.add(from);
      from.on('data', (piece: Buffer) => {
        if (this.silent) return;
        const left = cut?.direction === direction ? cut.bytes - carried : Number.POSITIVE_INFINITY;
        carried += piece.length;
        if (direction === 'to-client' && isWebSocket) this.carried = carried;
        if (piece.length < left) to.write(piece);
        else to.end(piece.subarray(0, left), () => from.destroy());
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    };
    carry(client, server, 'to-server');
    carry(server, client, 'to-client');
  }
}
