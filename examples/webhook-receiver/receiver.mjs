// A receiver of webhooks that verifies both signatures. Needs Node 20 or newer, and nothing else:
//   WEBHOOK_SECRET=… node receiver.mjs [port]
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const secret = process.env.WEBHOOK_SECRET ?? '';
const port = Number(process.argv[2] ?? 9000);
const toleranceS = 300;
const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : secret;
const taken = new Set();

function isEqual(given, computed) {
  return given.length === computed.length && timingSafeEqual(given, computed);
}

/** Standard Webhooks: over id, time and body, so that nobody can send an old delivery again. */
function hasStandardSignature(headers, body) {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures = '' } = headers;
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= toleranceS)) return false;
  const computed = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
  return signatures.split(' ').some((each) => {
    const [version, text = ''] = each.split(',');
    return version === 'v1' && isEqual(Buffer.from(text, 'base64'), computed);
  });
}

/** The plain one: over the body alone. */
function hasPlainSignature(headers, body) {
  const given = Buffer.from(String(headers['x-webhook-signature'] ?? ''), 'hex');
  return isEqual(given, createHmac('sha256', secret).update(body).digest());
}

createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    if (!hasStandardSignature(request.headers, body) || !hasPlainSignature(request.headers, body)) {
      response.writeHead(401).end('bad signature');
      return;
    }
    response.writeHead(204).end();
    const id = request.headers['webhook-id'];
    if (taken.has(id)) return;
    taken.add(id);
    const { event, data } = JSON.parse(body.toString());
    console.log(event, JSON.stringify(data));
  });
}).listen(port, '127.0.0.1', () => console.log(`waiting for deliveries on http://127.0.0.1:${port}`));
