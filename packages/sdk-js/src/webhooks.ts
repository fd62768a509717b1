import { WebhookVerificationError } from './errors.ts';
import type { VerifyOptions, WebhookHeaders } from './signatures.ts';

/** A delivery as it arrives. */
export interface WebhookPayload<Data = Record<string, unknown>> {
  readonly event: string;
  readonly timestamp: string;
  readonly data: Data;
  readonly userId: string;
  readonly webhookId: string;
}

/**
 * Resolves with the payload of a delivery that was signed with this secret; rejects with WebhookVerificationError.
 * Give the raw body (text or bytes). Where there is only the parsed one, its JSON is what was signed.
 * With `webhook-signature` (Standard Webhooks 1.0.0) the time is checked too, so that an old delivery cannot be sent again; with
 * `x-webhook-signature` alone it cannot be.
 */
export async function verifyWebhook<Data = Record<string, unknown>>(
  payload: string | Uint8Array | object,
  headers: WebhookHeaders,
  secret: string,
  options: VerifyOptions = {},
): Promise<WebhookPayload<Data>> {
  // A file of its own, as most pages never verify anything.
  const { openSigned } = await import('./signatures.ts');
  const opened = await openSigned(payload, headers, secret, options);
  if ('code' in opened) throw new WebhookVerificationError(opened.message, opened);
  return opened.value as WebhookPayload<Data>;
}
