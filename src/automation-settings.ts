import { parseAllowList } from './delivery/egress/policy.ts';
import type { AnySetting } from './setting.ts';
import { flag, texts, whole } from './setting-values.ts';

/** Settings of what ihuman does by itself: deliver webhooks, fire schedules, run workflows. */
export const automationSettings: readonly AnySetting[] = [
  {
    key: 'egressAllow',
    name: 'EGRESS_ALLOW',
    default: '',
    expects: 'networks, addresses or host names, each with :port or without, separated by commas',
    doc: 'Where webhooks may go although the address is not a public one: 10.1.0.0/16, 127.0.0.1:9000, hooks.internal.',
    parse: (text) => (parseAllowList(texts(text)).ok ? texts(text) : null),
  },
  {
    key: 'webhookHttpsOnly',
    name: 'WEBHOOK_HTTPS_ONLY',
    default: 'false',
    expects: 'true or false',
    doc: 'Refuse webhooks whose address does not begin with https.',
    parse: flag,
  },
  {
    key: 'maxWebhooksPerUser',
    name: 'MAX_WEBHOOKS_PER_USER',
    default: '1000',
    expects: 'a number from 0 to 100000',
    doc: 'Webhooks that one account may have.',
    parse: whole(0, 100_000),
  },
  {
    key: 'maxSchedulesPerUser',
    name: 'MAX_SCHEDULES_PER_USER',
    default: '100000',
    expects: 'a number from 0 to 1000000',
    doc: 'Schedules that one account may have.',
    parse: whole(0, 1_000_000),
  },
  {
    key: 'maxWorkflowsPerUser',
    name: 'MAX_WORKFLOWS_PER_USER',
    default: '1000',
    expects: 'a number from 0 to 100000',
    doc: 'Workflows that one account may have.',
    parse: whole(0, 100_000),
  },
];
