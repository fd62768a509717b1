type Level = 'debug' | 'info' | 'warn' | 'error';

const maxLineBytes = 64 * 1024;
const maxMessages = 10_000;

/**
 * Turns what a skill logs and prints into log lines, and stops passing them on when it has been too much: a skill that
 * prints without end then costs nobody anything but itself.
 */
export class OutputCapture {
  readonly #emit: (level: Level, message: string) => void;
  #bytesLeft = 0;
  #messagesLeft = 0;
  #partial = { info: '', error: '' };

  constructor(emit: (level: Level, message: string) => void) {
    this.#emit = emit;
    this.#take(process.stdout, 'info');
    this.#take(process.stderr, 'error');
  }

  /** Starts counting anew for a run. */
  begin(maxBytes: number): void {
    this.#bytesLeft = maxBytes;
    this.#messagesLeft = maxMessages;
    this.#partial = { info: '', error: '' };
  }

  write(level: Level, message: string): void {
    if (this.#messagesLeft <= 0 || this.#bytesLeft <= 0) return;
    const line = message.length > maxLineBytes ? `${message.slice(0, maxLineBytes)} …` : message;
    this.#bytesLeft -= line.length;
    this.#messagesLeft--;
    if (this.#bytesLeft > 0 && this.#messagesLeft > 0) this.#emit(level, line);
    else this.#emit('warn', 'The output limit is reached; what follows is not recorded.');
  }

  #take(stream: NodeJS.WriteStream, level: 'info' | 'error'): void {
    const write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
      this.#print(level, typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'));
      const done = rest.find((item) => typeof item === 'function') as (() => void) | undefined;
      if (done !== undefined) queueMicrotask(done);
      return true;
    };
    Object.defineProperty(stream, 'write', { value: write, configurable: true });
  }

  #print(level: 'info' | 'error', text: string): void {
    if (this.#messagesLeft <= 0 || this.#bytesLeft <= 0) return;
    const lines = (this.#partial[level] + text).split('\n');
    const rest = lines.pop() ?? '';
    this.#partial[level] = rest.length > maxLineBytes ? '' : rest;
    if (rest.length > maxLineBytes) lines.push(rest);
    for (const line of lines) if (line !== '') this.write(level, line);
  }
}
