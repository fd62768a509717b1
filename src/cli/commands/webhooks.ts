import type { Command } from 'commander';

import type { CliContext } from '../context.ts';
import { groupCommand } from '../online.ts';
import {
  createWebhook,
  deleteWebhook,
  disableWebhook,
  enableWebhook,
  replayWebhook,
  retryDelivery,
  rotateSecret,
  updateWebhook,
} from '../webhooks/change.ts';
import {
  listDeliveries,
  listWebhooks,
  previewWebhook,
  showWebhook,
  testWebhook,
  webhookStats,
} from '../webhooks/read.ts';
import { verifyDelivery } from '../webhooks/verify.ts';

const parts = [
  ...[listWebhooks, createWebhook, showWebhook, updateWebhook, deleteWebhook, enableWebhook, disableWebhook],
  ...[testWebhook, listDeliveries, retryDelivery, replayWebhook, rotateSecret, previewWebhook, webhookStats],
  verifyDelivery,
];

/** `ihuman webhooks`: who is told of what, and how that went. */
export function command(context: CliContext): Command {
  return groupCommand(
    'webhooks',
    'tell other programs what happens',
    parts.map((part) => part(context)),
  );
}
