import type { CliContext } from './context.ts';

/** All that comes on standard input, as text. */
export async function standardInput({ stdin }: CliContext): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
