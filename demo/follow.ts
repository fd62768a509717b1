import { dim, drawBar, endBar, say } from './say.ts';

interface Message {
  readonly type: string;
  readonly progress?: number;
  readonly status?: string;
  readonly message?: string;
  readonly error?: string;
}

/** Shows an execution's progress and logs as they come over the WebSocket, until it ends. */
export function followOverWebSocket(url: string, token: string, executionId: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws?token=${token}&execution=${executionId}`);
  let percent = 0;
  socket.onmessage = ({ data }: { data: string }) => {
    const message = JSON.parse(data) as Message;
    switch (message.type) {
      case 'execution-progress':
        percent = message.progress ?? 0;
        drawBar(percent, message.status ?? '');
        return;
      case 'execution-log':
        if (process.stdout.isTTY) process.stdout.write('\r\x1b[K');
        say(dim(`    log: ${message.message ?? ''}`));
        return;
      case 'execution-complete':
        endBar(100);
        socket.close();
        resolve(undefined);
        return;
      case 'execution-error':
        endBar(percent);
        socket.close();
        reject(new Error(message.error));
        return;
      default:
    }
  };
  socket.onerror = () => {
    reject(new Error('the WebSocket failed'));
  };
  return promise;
}
