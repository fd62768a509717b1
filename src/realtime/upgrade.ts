import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

import { WebSocketServer } from 'ws';

import type { Credentials } from '../auth/credentials.ts';
import type { Principal } from '../auth/principal.ts';
import type { RealtimeHub } from './hub.ts';

interface UpgradeOptions {
  readonly credentials: Credentials;
  readonly hub: RealtimeHub;
  readonly allowedOrigins: readonly string[];
  /** Accept `?token=`. */
  readonly queryToken: boolean;
  readonly isReady: () => boolean;
}

const path = '/ws';
const extendedProtocol = 'exec.v2';
const maxPayloadBytes = 64 * 1024;

/**
 * Takes WebSockets at /ws. Everything is checked before the upgrade, and a socket that is refused is really closed.
 * Credentials, best first: `Authorization: Bearer`, `?ticket=` (one use), `?token=`.
 */
export function serveWebSockets(server: Server, options: UpgradeOptions): void {
  const webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    // Frames are shared between sockets as they are, so none may be compressed.
    perMessageDeflate: false,
    maxPayload: maxPayloadBytes,
    handleProtocols: (offered) => (offered.has(extendedProtocol) ? extendedProtocol : false),
  });
  server.on('upgrade', (request, socket, head) => {
    const onError = (): void => {
      socket.destroy();
    };
    // Node takes its own listener away on upgrade; an error while we look up the token must not end the process.
    socket.on('error', onError);
    admit(request, options).then(
      (admitted) => {
        if ('status' in admitted) {
          refuse(socket, admitted.status);
          return;
        }
        socket.removeListener('error', onError);
        webSockets.handleUpgrade(request, socket, head, (webSocket) => {
          const extended = admitted.extended || webSocket.protocol === extendedProtocol;
          options.hub.accept(webSocket, socket, admitted.principal, { executionId: admitted.executionId, extended });
        });
      },
      () => {
        refuse(socket, 500);
      },
    );
  });
}

type Admitted =
  | { readonly principal: Principal; readonly executionId: string | null; readonly extended: boolean }
  | { readonly status: number };

async function admit(request: IncomingMessage, options: UpgradeOptions): Promise<Admitted> {
  const url = URL.parse(request.url ?? '', 'http://localhost');
  if (url?.pathname !== path) return { status: 404 };
  if (!options.isReady()) return { status: 503 };
  const ticket = url.searchParams.get('ticket');
  if (!originAllowed(request, options.allowedOrigins)) return { status: 403 };
  const principal =
    ticket === null ? await byToken(request, url, options) : await options.credentials.takeTicket(ticket);
  if (principal === null) return { status: 401 };
  if (!principal.scopes.has('executions:read')) return { status: 403 };
  return { principal, executionId: url.searchParams.get('execution'), extended: url.searchParams.get('v') === '2' };
}

async function byToken(
  request: IncomingMessage,
  url: URL,
  { credentials, queryToken }: UpgradeOptions,
): Promise<Principal | null> {
  const header = /^Bearer +([^\s]+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const token = header ?? (queryToken ? url.searchParams.get('token') : null);
  return token === null ? null : credentials.authenticate(token);
}

/**
 * A browser sends the page's origin; other programs send none. No cookie opens a socket here, so a foreign page has nothing
 * to ride on; the list keeps pages out all the same that got hold of a token.
 */
function originAllowed(request: IncomingMessage, allowed: readonly string[]): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined || allowed.includes(origin)) return true;
  return URL.parse(origin)?.host === host;
}

const reasons: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

function refuse(socket: Duplex, status: number): void {
  const reason = reasons[status] ?? 'Error';
  socket.end(`HTTP/1.1 ${String(status)} ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  // A peer that never reads would keep the half-closed socket for ever.
  setTimeout(() => {
    socket.destroy();
  }, 1000).unref();
}
