import type { EventLog } from '../../event-log/event-log.ts';
import type { Membership } from '../../event-log/membership.ts';
import type { Clock } from '../../kernel/clock.ts';
import { connectionOf, type KafkaSettings } from '../../kafka/connection.ts';
import { FeedPublisher } from './feed-publisher.ts';
import { KafkaFeedTopic } from './feed-topic.ts';
import { registryIds } from './schema-registry.ts';

/** Which topic the log is published to, and how. */
export interface PublisherOptions {
  readonly topic: string;
  readonly kafka: KafkaSettings;
  /** Address of a schema registry; empty: there is none. */
  readonly registry: { readonly url: string; readonly username: string; readonly password: string };
  readonly log: EventLog;
  readonly membership: Membership;
  readonly clock: Clock;
  readonly node: string;
  readonly onTrouble: (error: unknown) => void;
}

/** The publisher of the log for outside consumers; begins with `start`. */
export function openPublisher({ topic, kafka, registry, ...deps }: PublisherOptions): FeedPublisher {
  return new FeedPublisher({
    ...deps,
    topicName: topic,
    topic: new KafkaFeedTopic(connectionOf(kafka, deps.node), topic),
    registryIds: registry.url === '' ? null : registryIds({ ...registry, topic }),
  });
}
