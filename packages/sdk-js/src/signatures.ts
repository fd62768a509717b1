/** Header names in any case, values as they came. */
export type WebhookHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

/** How strict a verification is. */
export interface VerifyOptions {
  /** How old or new a delivery may be; default 300,000. */
  readonly toleranceMs?: number | undefined;
  /** Milliseconds since 1970; default now. */
  readonly nowMs?: number | undefined;
}

/** What is wrong with a delivery, by the code of its error. */
const flaws = {
  SIGNATURE_MISSING: 'The headers hold no signature.',
  SIGNATURE_INVALID: 'The signature is not of this secret and body.',
  TIMESTAMP_OUT_OF_RANGE: 'The delivery is too old, or its clock is wrong.',
  PAYLOAD_INVALID: 'The body is no JSON.',
} as const;

interface Flaw {
  readonly code: string;
  readonly message: string;
}

/** What a delivery holds that was signed with this secret, or what is wrong with it. */
export async function openSigned(
  payload: string | Uint8Array | object,
  headers: WebhookHeaders,
  secret: string,
  options: VerifyOptions,
): Promise<Flaw | { readonly value: unknown }> {
  const body = bytesOf(payload);
  const flaw = await flawOf(body, headers, secret, options);
  if (flaw !== null) return { code: flaw, message: flaws[flaw] };
  try {
    return { value: JSON.parse(new TextDecoder().decode(body)) };
  } catch {
    return { code: 'PAYLOAD_INVALID', message: flaws.PAYLOAD_INVALID };
  }
}

async function flawOf(
  body: Uint8Array,
  headers: WebhookHeaders,
  secret: string,
  { toleranceMs = 300_000, nowMs = Date.now() }: VerifyOptions,
): Promise<keyof typeof flaws | null> {
  const [id, timestamp] = [header(headers, 'webhook-id'), header(headers, 'webhook-timestamp')];
  const standard = header(headers, 'webhook-signature');
  const plain = header(headers, 'x-webhook-signature');
  let isRight = false;
  if (standard !== null && id !== null && timestamp !== null) {
    if (!/^\d{1,12}$/.test(timestamp) || Math.abs(nowMs - Number(timestamp) * 1000) > toleranceMs)
      return 'TIMESTAMP_OUT_OF_RANGE';
    const wanted = await hmac(keyOf(secret), joined(new TextEncoder().encode(`${id}.${timestamp}.`), body));
    const given = standard.split(' ').filter((each) => each.startsWith('v1,'));
    isRight = given.some((each) => isEqual(fromBase64(each.slice(3)), wanted));
  } else if (plain !== null) {
    isRight = isEqual(fromHex(plain), await hmac(new TextEncoder().encode(secret), body));
  } else return 'SIGNATURE_MISSING';
  return isRight ? null : 'SIGNATURE_INVALID';
}

function bytesOf(payload: string | Uint8Array | object): Uint8Array {
  if (payload instanceof Uint8Array) return payload;
  return new TextEncoder().encode(typeof payload === 'string' ? payload : JSON.stringify(payload));
}

function header(headers: WebhookHeaders, name: string): string | null {
  if (headers instanceof Headers) return headers.get(name);
  const found = Object.entries(headers).find(([each]) => each.toLowerCase() === name)?.[1];
  return typeof found === 'string' ? found : (found?.[0] ?? null);
}

/** A `whsec_` secret is bytes in base64, any other one its own text. */
function keyOf(secret: string): Uint8Array {
  const bytes = secret.startsWith('whsec_') ? fromBase64(secret.slice('whsec_'.length)) : null;
  return bytes ?? new TextEncoder().encode(secret);
}

async function hmac(key: Uint8Array, message: Uint8Array): Promise<Uint8Array> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const imported = await crypto.subtle.importKey('raw', key as Uint8Array<ArrayBuffer>, algorithm, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, message as Uint8Array<ArrayBuffer>));
}

/** Takes as long whatever differs. */
function isEqual(given: Uint8Array | null, wanted: Uint8Array): boolean {
  if (given?.length !== wanted.length) return false;
  let difference = 0;
  for (let i = 0; i < wanted.length; i++) difference |= (given[i] ?? 0) ^ (wanted[i] ?? 0);
  return difference === 0;
}

function fromBase64(text: string): Uint8Array | null {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    return null;
  }
}

function fromHex(text: string): Uint8Array | null {
  if (!/^([0-9a-f]{2})+$/i.test(text)) return null;
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}
