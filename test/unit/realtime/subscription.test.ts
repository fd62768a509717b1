import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { NewEvent, RecordedEvent } from '../../../src/event-log/event-log.ts';
import { EmbeddedLog } from '../../../src/event-log/embedded/embedded-log.ts';
