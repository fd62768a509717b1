import type { EventLog } from '../event-log/event-log.ts';
import type { Membership } from '../event-log/membership.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Config } from '../setting.ts';
import type { Queries } from '../store/query-client.ts';
import type { Vault } from '../vault/vault.ts';
import { Attempts } from './attempts.ts';
import { Deliverer } from './deliverer.ts';
import { EgressClient } from './egress/egress-client.ts';
import { type EgressPolicy, parseAllowList } from './egress/policy.ts';
import { Replayer } from './replayer.ts';
import { WebhookVault } from './webhook-vault.ts';
import { Webhooks } from './webhooks.ts';

interface DeliveryParts {
  readonly config: Config;
  readonly log: EventLog;
  readonly queries: Queries;
  readonly vault: Vault;
  readonly membership: Membership;
  readonly clock: Clock;
  readonly node: string;
  readonly onError: (error: unknown, about: string) => void;
}

/** Everything about webhooks: what is asked of them, the one who delivers, the one who replays. */
export interface Delivery {
  readonly webhooks: Webhooks;
  readonly deliverer: Deliverer;
  /** Takes up what waits. */
  start(): Promise<void>;
  stop(graceMs: number): Promise<void>;
}

const connectionsPerOrigin = 100;
const userAgent = 'ihuman-webhooks/1';

export function createDelivery({ config, queries, vault: secrets, ...parts }: DeliveryParts): Delivery {
  const { log, clock, membership, node, onError } = parts;
  const policy = policyOf(config);
  const vault = new WebhookVault(secrets);
  const webhooks = new Webhooks({ log, clock, vault, policy, queries, maxPerUser: config.maxWebhooksPerUser });
  const egress = new EgressClient({ policy, connectionsPerOrigin });
  const attempts = new Attempts({ log, vault, egress, policy, clock, userAgent });
  const disable = async (webhook: string, reason: 'failing' | 'gone', note: string): Promise<void> => {
    await webhooks.disable(webhook, node, reason, note);
  };
  const deliverer = new Deliverer({ log, queries, attempts, membership, clock, node, disable, onError });
  const replayer = new Replayer({ log, queries, webhooks, membership, clock, node, onError });
  return {
    webhooks,
    deliverer,
    start: async () => {
      await deliverer.start();
      replayer.look();
    },
    stop: async (graceMs) => {
      await replayer.stop();
      await deliverer.stop(graceMs);
    },
  };
}

function policyOf({ egressAllow, webhookHttpsOnly: httpsOnly }: Config): EgressPolicy {
  const parsed = parseAllowList(egressAllow);
  return { httpsOnly, allow: parsed.ok ? parsed.targets : [] };
}
