import type { FastifyReply } from 'fastify';

/**
 * Takes the answer over for a stream that has no length, and sends its head. False when nothing but the head was asked for:
 * then it is complete.
 */
export function beginStream(reply: FastifyReply, contentType: string): boolean {
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, {
    'content-type': contentType,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-accel-buffering': 'no',
  });
  raw.flushHeaders();
  if (reply.request.method !== 'HEAD') return true;
  raw.end();
  return false;
}
