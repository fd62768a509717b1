// Made by: npm run generate

export interface paths {
  readonly '/api/auth/keys': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** List API keys */
    readonly get: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly keys: readonly {
                /**
                 * Format: date-time
                 * @description RFC 3339, UTC.
                 */
                readonly createdAt: string;
                readonly expiresAt: string | null;
                readonly keyId: string;
                readonly label: string;
                readonly scopes: readonly string[];
              }[];
            };
          };
        };
      };
    };
    readonly put?: never;
    /** Make an API key; the key is shown this once */
    readonly post: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody: {
        readonly content: {
          readonly 'application/json': {
            readonly expiresInDays?: number;
            readonly label: string;
            readonly scopes: readonly (
              | 'skills:read'
              | 'executions:read'
              | 'executions:write'
              | 'events:read'
              | 'events:write'
              | 'webhooks:read'
              | 'webhooks:write'
              | 'schedules:read'
              | 'schedules:write'
              | 'workflows:read'
              | 'workflows:write'
              | 'keys:write'
              | 'admin'
            )[];
          };
        };
      };
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 201: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              /**
               * Format: date-time
               * @description RFC 3339, UTC.
               */
              readonly createdAt: string;
              readonly expiresAt: string | null;
              readonly key: string;
              readonly keyId: string;
              readonly label: string;
              readonly scopes: readonly string[];
            };
          };
        };
      };
    };
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/auth/keys/{keyId}': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    readonly post?: never;
    /** Revoke an API key */
    readonly delete: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path: {
          readonly keyId: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 204: {
          headers: {
            readonly [name: string]: unknown;
          };
          content?: never;
        };
      };
    };
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/auth/login': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** Sign in */
    readonly post: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody: {
        readonly content: {
          readonly 'application/json': {
            readonly email: string;
            readonly password: string;
          };
        };
      };
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              /**
               * Format: date-time
               * @description RFC 3339, UTC.
               */
              readonly expiresAt: string;
              readonly token: string;
              readonly user: {
                /**
                 * Format: date-time
                 * @description RFC 3339, UTC.
                 */
                readonly createdAt: string;
                readonly email: string;
                readonly id: string;
                readonly role: string;
                readonly username: string;
              };
            };
          };
        };
      };
    };
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/auth/logout': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** End this session */
    readonly post: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 204: {
          headers: {
            readonly [name: string]: unknown;
          };
          content?: never;
        };
      };
    };
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/auth/me': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** The current user */
    readonly get: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              /**
               * Format: date-time
               * @description RFC 3339, UTC.
               */
              readonly createdAt: string;
              readonly email: string;
              readonly id: string;
              readonly role: string;
              readonly username: string;
            };
          };
        };
      };
    };
    readonly put?: never;
    readonly post?: never;
    /**
     * Erase the account's personal data
     * @description Takes a session; API keys are refused.
     */
    readonly delete: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 204: {
          headers: {
            readonly [name: string]: unknown;
          };
          content?: never;
        };
      };
    };
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/auth/password': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    /**
     * Change the password; ends all other sessions
     * @description Takes a session; API keys are refused.
     */
    readonly put: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody: {
        readonly content: {
          readonly 'application/json': {
            readonly currentPassword: string;
            readonly newPassword: string;
          };
        };
      };
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 204: {
          headers: {
            readonly [name: string]: unknown;
          };
          content?: never;
        };
      };
    };
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/auth/register': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** Make an account and sign in */
    readonly post: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody: {
        readonly content: {
          readonly 'application/json': {
            readonly email: string;
            readonly password: string;
            readonly username: string;
          };
        };
      };
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 201: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              /**
               * Format: date-time
               * @description RFC 3339, UTC.
               */
              readonly expiresAt: string;
              readonly token: string;
              readonly user: {
                /**
                 * Format: date-time
                 * @description RFC 3339, UTC.
                 */
                readonly createdAt: string;
                readonly email: string;
                readonly id: string;
                readonly role: string;
                readonly username: string;
              };
            };
          };
        };
      };
    };
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/auth/ticket': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** A one-use ticket for opening a WebSocket: /ws?ticket=… */
    readonly post: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 201: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly expiresInMs: number;
              readonly ticket: string;
            };
          };
        };
      };
    };
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/events': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
     * The event log after a position: your own events, or all of them for administrators
     * @description Answers a CloudEvents batch with the cursor to go on from in Position-Next; waitMs turns it into a long poll. With Accept: application/x-ndjson or text/event-stream the connection stays open and follows the log; Last-Event-ID or after resumes. Delivery is at least once; drop what you have by id.
     */
    readonly get: {
      readonly parameters: {
        readonly query?: {
          /** @description A place in the log, as an earlier answer gave it. */
          readonly after?: string;
          /** @description Most items in the answer. */
          readonly limit?: number;
          readonly stream?: string;
          /** @description Event types, separated by commas. */
          readonly types?: string;
          readonly waitMs?: number;
        };
        readonly header?: {
          /** @description The id of the last event that arrived. */
          readonly 'last-event-id'?: string;
        };
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Events in the order of the log. */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/cloudevents-batch+json': readonly {
              readonly actor: string;
              readonly causationid?: string;
              readonly correlationid?: string;
              /** @description Any JSON. */
              readonly data: unknown;
              readonly datacontenttype: string;
              readonly id: string;
              /** @description The cursor to go on from. */
              readonly sequence: string;
              readonly source: string;
              /** @enum {string} */
              readonly specversion: '1.0';
              readonly streamrevision: number;
              readonly subject: string;
              /**
               * Format: date-time
               * @description RFC 3339, UTC.
               */
              readonly time: string;
              readonly type: string;
            }[];
            readonly 'application/x-ndjson': unknown;
            readonly 'text/event-stream': unknown;
          };
        };
      };
    };
    readonly put?: never;
    /**
     * Tell of an event of your own
     * @description It goes into the log, and to your webhooks that want it. The header Idempotency-Key makes a repetition return the same event.
     */
    readonly post: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: {
          /** @description Makes a repetition of this request lead to what the first one made. */
          readonly 'idempotency-key'?: string;
        };
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody: {
        readonly content: {
          readonly 'application/json': {
            /** @description A JSON object. */
            readonly data?: {
              readonly [key: string]: unknown;
            };
            readonly event: string;
            /** @description What it is about, for ordered webhooks. */
            readonly key?: string;
          };
        };
      };
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 202: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly eventId: string;
              readonly position: string;
            };
          };
        };
      };
    };
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/events/export': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
     * The whole log as a file that can be verified by itself
     * @description JSON lines: a head, one line for each append with its bytes and chain hash, a foot. Check it anywhere with npm run verify -- --export=FILE. Administrators only.
     */
    readonly get: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description The export. */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/x-ndjson': unknown;
          };
        };
      };
    };
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/events/schemas': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
     * The Avro schemas of all event types
     * @description For readers of the topic and of single-object encoding: `fingerprint` is CRC-64-AVRO in hexadecimal, big-endian; in front of a value it stands little-endian after C3 01.
     */
    readonly get: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly schemas: readonly {
                readonly fingerprint: string;
                readonly name: string;
                readonly schema: {
                  readonly [key: string]: unknown;
                };
              }[];
            };
          };
        };
      };
    };
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/executions': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Execution history, newest first */
    readonly get: {
      readonly parameters: {
        readonly query?: {
          /** @description A place in the log, as an earlier answer gave it. */
          readonly cursor?: string;
          /** @description Most items in the answer. */
          readonly limit?: number;
          /** @description Items to pass over; for more, use the cursor. */
          readonly offset?: number;
          readonly skillId?: string;
          readonly status?:
            | 'queued'
            | 'running'
            | 'retrying'
            | 'cancelling'
            | 'completed'
            | 'failed'
            | 'timed-out'
            | 'cancelled'
            | 'expired';
        };
        readonly header?: never;
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly executions: readonly {
                readonly artifacts: readonly {
                  readonly path: string;
                  readonly sha256: string;
                  readonly sizeBytes: number;
                  readonly url: string;
                }[];
                /** @description 0 before the first start. */
                readonly attempt: number;
                readonly cause: {
                  readonly actor: string;
                  readonly id: string | null;
                  readonly kind: string;
                };
                /**
                 * Format: date-time
                 * @description RFC 3339, UTC.
                 */
                readonly createdAt: string;
                /** @description How long the last attempt took, as the event that ended it tells; null before the end. The time from startedAt, of the first attempt, to endedAt also holds the waits between attempts. */
                readonly durationMs: number | null;
                readonly endedAt: string | null;
                readonly error: {
                  readonly code: string;
                  readonly message: string;
                  readonly stack: string | null;
                } | null;
                readonly executionId: string;
                readonly expiresAt: string | null;
                readonly mode: string | null;
                /** @description Any JSON. */
                readonly params: unknown;
                readonly priority: number;
                readonly progress: number;
                readonly progressStatus: string | null;
                /** @description Any JSON. */
                readonly result: unknown;
                /** @description Any JSON. */
                readonly retry: unknown;
                readonly revision: number;
                readonly runAt: string | null;
                /** @description SHA-256 over the files of the skill that was asked for. */
                readonly skillDigest: string;
                readonly skillId: string;
                readonly skillVersion: string;
                readonly startedAt: string | null;
                readonly status: string;
                readonly timeoutMs: number;
                readonly userId: string;
              }[];
              readonly limit: number;
              readonly nextCursor: string | null;
              readonly offset: number;
              readonly total: number;
            };
          };
        };
      };
    };
    readonly put?: never;
    /**
     * Open an execution that your program runs itself
     * @description With an Idempotency-Key, a repetition gives the same execution. Reports take the header too: one that is repeated is recorded once.
     */
    readonly post: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: {
          /** @description Makes a repetition of this request lead to what the first one made. */
          readonly 'idempotency-key'?: string;
        };
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody: {
        readonly content: {
          readonly 'application/json': {
            readonly name: string;
            /** @description A JSON object. */
            readonly params?: {
              readonly [key: string]: unknown;
            };
          };
        };
      };
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 201: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly executionId: string;
              readonly position: string;
            };
          };
        };
      };
    };
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/executions/{id}': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** One execution, as it is or as it was at a revision */
    readonly get: {
      readonly parameters: {
        readonly query?: {
          readonly revision?: number;
        };
        readonly header?: never;
        readonly path: {
          readonly id: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly artifacts: readonly {
                readonly path: string;
                readonly sha256: string;
                readonly sizeBytes: number;
                readonly url: string;
              }[];
              /** @description 0 before the first start. */
              readonly attempt: number;
              readonly cause: {
                readonly actor: string;
                readonly id: string | null;
                readonly kind: string;
              };
              /**
               * Format: date-time
               * @description RFC 3339, UTC.
               */
              readonly createdAt: string;
              /** @description How long the last attempt took, as the event that ended it tells; null before the end. The time from startedAt, of the first attempt, to endedAt also holds the waits between attempts. */
              readonly durationMs: number | null;
              readonly endedAt: string | null;
              readonly error: {
                readonly code: string;
                readonly message: string;
                readonly stack: string | null;
              } | null;
              readonly executionId: string;
              readonly expiresAt: string | null;
              readonly mode: string | null;
              /** @description Any JSON. */
              readonly params: unknown;
              readonly priority: number;
              readonly progress: number;
              readonly progressStatus: string | null;
              /** @description Any JSON. */
              readonly result: unknown;
              /** @description Any JSON. */
              readonly retry: unknown;
              readonly revision: number;
              readonly runAt: string | null;
              /** @description SHA-256 over the files of the skill that was asked for. */
              readonly skillDigest: string;
              readonly skillId: string;
              readonly skillVersion: string;
              readonly startedAt: string | null;
              readonly status: string;
              readonly timeoutMs: number;
              readonly userId: string;
            };
          };
        };
      };
    };
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/executions/{id}/artifacts': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Files that the skill left */
    readonly get: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path: {
          readonly id: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly artifacts: readonly {
                readonly path: string;
                readonly sha256: string;
                readonly sizeBytes: number;
                readonly url: string;
              }[];
            };
          };
        };
      };
    };
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/executions/{id}/artifacts/{*}': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Download a file */
    readonly get: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path: {
          readonly '*': string;
          readonly id: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description The file. */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/octet-stream': string;
          };
        };
      };
    };
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/executions/{id}/cancel': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
     * Cancel an execution
     * @description A waiting execution is cancelled at once; a running one is asked to stop and killed after its grace time. One that another program runs goes on until that program, which its next report tells, says that it has stopped.
     */
    readonly post: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path: {
          readonly id: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: {
        readonly content: {
          readonly 'application/json': {
            readonly reason?: string;
          } | null;
        };
      };
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly artifacts: readonly {
                readonly path: string;
                readonly sha256: string;
                readonly sizeBytes: number;
                readonly url: string;
              }[];
              /** @description 0 before the first start. */
              readonly attempt: number;
              readonly cause: {
                readonly actor: string;
                readonly id: string | null;
                readonly kind: string;
              };
              /**
               * Format: date-time
               * @description RFC 3339, UTC.
               */
              readonly createdAt: string;
              /** @description How long the last attempt took, as the event that ended it tells; null before the end. The time from startedAt, of the first attempt, to endedAt also holds the waits between attempts. */
              readonly durationMs: number | null;
              readonly endedAt: string | null;
              readonly error: {
                readonly code: string;
                readonly message: string;
                readonly stack: string | null;
              } | null;
              readonly executionId: string;
              readonly expiresAt: string | null;
              readonly mode: string | null;
              /** @description Any JSON. */
              readonly params: unknown;
              readonly priority: number;
              readonly progress: number;
              readonly progressStatus: string | null;
              /** @description Any JSON. */
              readonly result: unknown;
              /** @description Any JSON. */
              readonly retry: unknown;
              readonly revision: number;
              readonly runAt: string | null;
              /** @description SHA-256 over the files of the skill that was asked for. */
              readonly skillDigest: string;
              readonly skillId: string;
              readonly skillVersion: string;
              readonly startedAt: string | null;
              readonly status: string;
              readonly timeoutMs: number;
              readonly userId: string;
            };
          };
        };
        /** @description Default Response */
        readonly 202: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly artifacts: readonly {
                readonly path: string;
                readonly sha256: string;
                readonly sizeBytes: number;
                readonly url: string;
              }[];
              /** @description 0 before the first start. */
              readonly attempt: number;
              readonly cause: {
                readonly actor: string;
                readonly id: string | null;
                readonly kind: string;
              };
              /**
               * Format: date-time
               * @description RFC 3339, UTC.
               */
              readonly createdAt: string;
              /** @description How long the last attempt took, as the event that ended it tells; null before the end. The time from startedAt, of the first attempt, to endedAt also holds the waits between attempts. */
              readonly durationMs: number | null;
              readonly endedAt: string | null;
              readonly error: {
                readonly code: string;
                readonly message: string;
                readonly stack: string | null;
              } | null;
              readonly executionId: string;
              readonly expiresAt: string | null;
              readonly mode: string | null;
              /** @description Any JSON. */
              readonly params: unknown;
              readonly priority: number;
              readonly progress: number;
              readonly progressStatus: string | null;
              /** @description Any JSON. */
              readonly result: unknown;
              /** @description Any JSON. */
              readonly retry: unknown;
              readonly revision: number;
              readonly runAt: string | null;
              /** @description SHA-256 over the files of the skill that was asked for. */
              readonly skillDigest: string;
              readonly skillId: string;
              readonly skillVersion: string;
              readonly startedAt: string | null;
              readonly status: string;
              readonly timeoutMs: number;
              readonly userId: string;
            };
          };
        };
      };
    };
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/executions/{id}/cancelled': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
     * Report that your program has stopped the execution
     * @description The answer to a cancellation, of which every report is told by `cancellationRequested`; also for an execution that your program stopped by itself.
     */
    readonly post: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: {
          /** @description Makes a repetition of this request lead to what the first one made. */
          readonly 'idempotency-key'?: string;
        };
        readonly path: {
          readonly id: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody: {
        readonly content: {
          readonly 'application/json': {
            /** @description How long your program worked on it, as it measured. */
            readonly durationMs: number;
            readonly reason?: string;
          };
        };
      };
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              /** @description Somebody wants it stopped: stop, and report it to /cancelled. */
              readonly cancellationRequested: boolean;
              readonly executionId: string;
              /** @description Null when the report changed nothing. */
              readonly position: string | null;
            };
          };
        };
      };
    };
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/executions/{id}/complete': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** Report success */
    readonly post: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: {
          /** @description Makes a repetition of this request lead to what the first one made. */
          readonly 'idempotency-key'?: string;
        };
        readonly path: {
          readonly id: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody: {
        readonly content: {
          readonly 'application/json': {
            /** @description How long your program worked on it, as it measured. */
            readonly durationMs: number;
            /** @description Any JSON. */
            readonly result?: unknown;
          };
        };
      };
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              /** @description Somebody wants it stopped: stop, and report it to /cancelled. */
              readonly cancellationRequested: boolean;
              readonly executionId: string;
              /** @description Null when the report changed nothing. */
              readonly position: string | null;
            };
          };
        };
      };
    };
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/executions/{id}/error': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** Report failure */
    readonly post: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: {
          /** @description Makes a repetition of this request lead to what the first one made. */
          readonly 'idempotency-key'?: string;
        };
        readonly path: {
          readonly id: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody: {
        readonly content: {
          readonly 'application/json': {
            /** @description How long your program worked on it, as it measured. */
            readonly durationMs: number;
            readonly error: string;
            readonly stack?: string;
          };
        };
      };
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              /** @description Somebody wants it stopped: stop, and report it to /cancelled. */
              readonly cancellationRequested: boolean;
              readonly executionId: string;
              /** @description Null when the report changed nothing. */
              readonly position: string | null;
            };
          };
        };
      };
    };
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/executions/{id}/events': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Everything that happened to an execution: its audit trail */
    readonly get: {
      readonly parameters: {
        readonly query?: {
          readonly fromRevision?: number;
          /** @description Most items in the answer. */
          readonly limit?: number;
        };
        readonly header?: never;
        readonly path: {
          readonly id: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly events: readonly {
                readonly actor: string;
                /**
                 * Format: date-time
                 * @description RFC 3339, UTC.
                 */
                readonly at: string;
                /** @description The event that led to it, if another stream has it. */
                readonly causationId: string | null;
                /** @description The batch it belongs to; null: its stream. */
                readonly correlationId: string | null;
                /** @description Any JSON. */
                readonly data: unknown;
                readonly id: string;
                readonly position: string;
                readonly revision: number;
                readonly stream: string;
                readonly type: string;
              }[];
              readonly nextRevision: number | null;
            };
          };
        };
      };
    };
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/executions/{id}/logs': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** Add a log line */
    readonly post: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: {
          /** @description Makes a repetition of this request lead to what the first one made. */
          readonly 'idempotency-key'?: string;
        };
        readonly path: {
          readonly id: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody: {
        readonly content: {
          readonly 'application/json': {
            readonly level: 'debug' | 'info' | 'warn' | 'error';
            readonly message: string;
          };
        };
      };
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              /** @description Somebody wants it stopped: stop, and report it to /cancelled. */
              readonly cancellationRequested: boolean;
              readonly executionId: string;
              /** @description Null when the report changed nothing. */
              readonly position: string | null;
            };
          };
        };
      };
    };
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/executions/{id}/progress': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** Report progress */
    readonly post: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: {
          /** @description Makes a repetition of this request lead to what the first one made. */
          readonly 'idempotency-key'?: string;
        };
        readonly path: {
          readonly id: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody: {
        readonly content: {
          readonly 'application/json': {
            readonly progress: number;
            readonly status?: string;
          };
        };
      };
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              /** @description Somebody wants it stopped: stop, and report it to /cancelled. */
              readonly cancellationRequested: boolean;
              readonly executionId: string;
              /** @description Null when the report changed nothing. */
              readonly position: string | null;
            };
          };
        };
      };
    };
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/executions/{id}/retry': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
     * Run it again with the same parameters, as a new execution
     * @description The run of a workflow goes on from the steps that did not complete, in the version that it had: what was completed is not run again.
     */
    readonly post: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: {
          /** @description Makes a repetition of this request lead to what the first one made. */
          readonly 'idempotency-key'?: string;
        };
        readonly path: {
          readonly id: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 202: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly executionId: string;
              readonly position: string;
            };
          };
        };
      };
    };
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/executions/{id}/steps': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
     * How the steps of a workflow's run stand
     * @description Also of those that have not begun, and of those that were skipped.
     */
    readonly get: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path: {
          readonly id: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly steps: readonly {
                readonly [key: string]: unknown;
              }[];
            };
          };
        };
      };
    };
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/executions/{id}/stream': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
     * Follow an execution as server-sent events
     * @description Ends after the terminal event. Last-Event-ID resumes.
     */
    readonly get: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: {
          /** @description The id of the last event that arrived. */
          readonly 'last-event-id'?: string;
        };
        readonly path: {
          readonly id: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Messages as they happen. */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'text/event-stream': unknown;
          };
        };
        /** @description It has ended, and everything was sent before. */
        readonly 204: {
          headers: {
            readonly [name: string]: unknown;
          };
          content?: never;
        };
      };
    };
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/executions/{id}/tree': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
     * All that belongs to its cause
     * @description From the schedule and its firing, or the first execution, over runs, steps, retries and attempts down to deliveries of webhooks. Each node is what the one above it brought about.
     */
    readonly get: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path: {
          readonly id: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly tree: {
                readonly [key: string]: unknown;
              };
              readonly truncated: boolean;
            };
          };
        };
      };
    };
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/executions/batch': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
     * Run many at once
     * @description Up to 1000 items; each is answered by itself, in order, with an execution id or a problem.
     */
    readonly post: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: {
          /** @description Makes a repetition of this request lead to what the first one made. */
          readonly 'idempotency-key'?: string;
        };
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody: {
        readonly content: {
          readonly 'application/json': {
            readonly executions: readonly {
              /** @description Instead of runAt: not to be started for this long. */
              readonly delayMs?: number;
              /** @description A JSON object. */
              readonly params?: {
                readonly [key: string]: unknown;
              };
              /** @description Higher runs first. */
              readonly priority?: number;
              /** @description Expires when it was not started for this long after it was due. */
              readonly queueTtlMs?: number;
              readonly retry?: {
                readonly factor?: number;
                readonly initialDelayMs?: number;
                readonly maxAttempts: number;
                readonly maxDelayMs?: number;
              };
              /**
               * Format: date-time
               * @description Not to be started earlier.
               */
              readonly runAt?: string;
              readonly skillId: string;
              /** @description Limit of one attempt. */
              readonly timeoutMs?: number;
            }[];
          };
        };
      };
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 202: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly accepted: number;
              readonly batchId: string;
              readonly executions: readonly {
                readonly executionId?: string;
                /** @description Problem Details (RFC 9457). */
                readonly problem?: {
                  /**
                   * @description Stable; see the table of error codes.
                   * @enum {string}
                   */
                  readonly code:
                    | 'VALIDATION_FAILED'
                    | 'MALFORMED_JSON'
                    | 'PARAMS_INVALID'
                    | 'CURSOR_INVALID'
                    | 'MALFORMED_REQUEST'
                    | 'HEADERS_TOO_LARGE'
                    | 'REQUEST_TIMEOUT'
                    | 'UPGRADE_REQUIRED'
                    | 'UNSUPPORTED_MEDIA_TYPE'
                    | 'UNAUTHENTICATED'
                    | 'CREDENTIALS_INVALID'
                    | 'SIGN_IN_DELAYED'
                    | 'FORBIDDEN'
                    | 'NOT_FOUND'
                    | 'METHOD_NOT_ALLOWED'
                    | 'SKILL_NOT_FOUND'
                    | 'WEBHOOK_NOT_FOUND'
                    | 'DELIVERY_NOT_FOUND'
                    | 'SCHEDULE_NOT_FOUND'
                    | 'WORKFLOW_NOT_FOUND'
                    | 'EXECUTION_NOT_FOUND'
                    | 'ARTIFACT_NOT_FOUND'
                    | 'EMAIL_TAKEN'
                    | 'USERNAME_TAKEN'
                    | 'REVISION_CONFLICT'
                    | 'EXECUTION_FINISHED'
                    | 'IDEMPOTENCY_KEY_REUSED'
                    | 'MOVE_NOT_ALLOWED'
                    | 'BODY_TOO_LARGE'
                    | 'EVENT_TOO_LARGE'
                    | 'RATE_LIMITED'
                    | 'LIMIT_REACHED'
                    | 'QUEUE_FULL'
                    | 'OUTCOME_UNKNOWN'
                    | 'LOG_UNAVAILABLE'
                    | 'STORAGE_FULL'
                    | 'NOT_READY'
                    | 'BUSY'
                    | 'LOG_CORRUPT'
                    | 'DATA_DIR_LOCKED'
                    | 'DATA_DIR_UNUSABLE'
                    | 'VAULT_KEY_MISMATCH'
                    | 'CONFIG_INVALID'
                    | 'SKILL_INVALID'
                    | 'INTERNAL';
                  readonly detail: string;
                  readonly problems?: readonly {
                    readonly message: string;
                    readonly path: string;
                  }[];
                  readonly retryAfterMs?: number;
                  readonly status: number;
                  readonly title: string;
                  readonly type: string;
                };
              }[];
            };
          };
        };
      };
    };
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/schedules': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** List schedules */
    readonly get: {
      readonly parameters: {
        readonly query?: {
          /** @description Most items in the answer. */
          readonly limit?: number;
          /** @description Items to pass over; for more, use the cursor. */
          readonly offset?: number;
          readonly status?: 'active' | 'paused';
        };
        readonly header?: never;
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly limit: number;
              readonly offset: number;
              readonly schedules: readonly ({
                readonly cronExpression: string;
                readonly id: string;
                readonly status: string;
              } & {
                readonly [key: string]: unknown;
              })[];
              readonly total: number;
            };
          };
        };
      };
    };
    readonly put?: never;
    /**
     * Make a schedule
     * @description It runs a workflow or a skill at the times of a cron expression, or (with neither) only records its firings, of which webhooks can hear. A target that is not there yet is a warning: firings are skipped until it is.
     */
    readonly post: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: {
          /** @description Makes a repetition of this request lead to what the first one made. */
          readonly 'idempotency-key'?: string;
        };
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody: {
        readonly content: {
          readonly 'application/json': {
            /** @description Firings later than this are skipped; default a day. */
            readonly catchUpWindowMs?: number;
            /** @description Five fields, or six with seconds first. */
            readonly cronExpression: string;
            readonly description?: string;
            readonly endAt?: string | null;
            /** @description Firings are spread over so long; default 0. */
            readonly jitterMs?: number;
            readonly maxRuns?: number | null;
            /**
             * @description What happens to firings that were missed; default one.
             * @enum {string}
             */
            readonly misfire?: 'skip' | 'one' | 'all';
            /**
             * @description What happens when the run before is still open; default skip.
             * @enum {string}
             */
            readonly overlap?: 'skip' | 'bufferOne' | 'bufferAll' | 'cancelOther' | 'terminateOther' | 'allowAll';
            /** @description A JSON object. */
            readonly params?: {
              readonly [key: string]: unknown;
            };
            readonly pauseAfterFailures?: number | null;
            /**
             * @description Local times that come twice; default auto.
             * @enum {string}
             */
            readonly repeatedTimes?: 'auto' | 'first' | 'last' | 'both';
            readonly skillId?: string | null;
            /**
             * @description Local times that a change of the clocks leaves out; default shift.
             * @enum {string}
             */
            readonly skippedTimes?: 'shift' | 'skip';
            readonly startAt?: string | null;
            /** @description IANA name; default UTC. */
            readonly timeZone?: string;
            readonly workflowId?: string | null;
          };
        };
      };
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 201: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly cronExpression: string;
              readonly id: string;
              readonly status: string;
            } & {
              readonly [key: string]: unknown;
            };
          };
        };
      };
    };
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/schedules/{id}': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** One schedule */
    readonly get: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path: {
          readonly id: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly cronExpression: string;
              readonly id: string;
              readonly status: string;
            } & {
              readonly [key: string]: unknown;
            };
          };
        };
      };
    };
    readonly put?: never;
    readonly post?: never;
    /**
     * Delete a schedule
     * @description Its runs go on; its history stays in the log.
     */
    readonly delete: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path: {
          readonly id: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly id: string;
              readonly position: string | null;
            };
          };
        };
      };
    };
    readonly options?: never;
    readonly head?: never;
    /**
     * Change a schedule
     * @description What is left out stays as it is. Times before the change are settled.
     */
    readonly patch: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path: {
          readonly id: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody: {
        readonly content: {
          readonly 'application/json': {
            /** @description Firings later than this are skipped; default a day. */
            readonly catchUpWindowMs?: number;
            /** @description Five fields, or six with seconds first. */
            readonly cronExpression?: string;
            readonly description?: string;
            readonly endAt?: string | null;
            /** @description Firings are spread over so long; default 0. */
            readonly jitterMs?: number;
            readonly maxRuns?: number | null;
            /**
             * @description What happens to firings that were missed; default one.
             * @enum {string}
             */
            readonly misfire?: 'skip' | 'one' | 'all';
            /**
             * @description What happens when the run before is still open; default skip.
             * @enum {string}
             */
            readonly overlap?: 'skip' | 'bufferOne' | 'bufferAll' | 'cancelOther' | 'terminateOther' | 'allowAll';
            /** @description A JSON object. */
            readonly params?: {
              readonly [key: string]: unknown;
            };
            readonly pauseAfterFailures?: number | null;
            /**
             * @description Local times that come twice; default auto.
             * @enum {string}
             */
            readonly repeatedTimes?: 'auto' | 'first' | 'last' | 'both';
            readonly skillId?: string | null;
            /**
             * @description Local times that a change of the clocks leaves out; default shift.
             * @enum {string}
             */
            readonly skippedTimes?: 'shift' | 'skip';
            readonly startAt?: string | null;
            /** @description IANA name; default UTC. */
            readonly timeZone?: string;
            readonly workflowId?: string | null;
          };
        };
      };
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly cronExpression: string;
              readonly id: string;
              readonly status: string;
            } & {
              readonly [key: string]: unknown;
            };
          };
        };
      };
    };
    readonly trace?: never;
  };
  readonly '/api/schedules/{id}/backfill': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
     * Run past times
     * @description The times of the expression between two that never led to a run; one after the other, or all at once with the overlap policy allowAll. The runs are marked with the backfill.
     */
    readonly post: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path: {
          readonly id: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody: {
        readonly content: {
          readonly 'application/json': {
            /** Format: date-time */
            readonly from: string;
            /** Format: date-time */
            readonly until: string;
          };
        };
      };
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 202: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly backfillId: string;
            };
          };
        };
      };
    };
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/schedules/{id}/executions': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
     * What became of its times, newest first
     * @description Each firing with its execution, and each skip with its reason.
     */
    readonly get: {
      readonly parameters: {
        readonly query?: {
          /** @description Most items in the answer. */
          readonly limit?: number;
          /** @description Items to pass over; for more, use the cursor. */
          readonly offset?: number;
          readonly outcome?: 'fired' | 'skipped';
        };
        readonly header?: never;
        readonly path: {
          readonly id: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly executions: readonly {
                readonly [key: string]: unknown;
              }[];
              readonly limit: number;
              readonly offset: number;
              readonly total: number;
            };
          };
        };
      };
    };
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/schedules/{id}/pause': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
     * Fire nothing for a while
     * @description What runs goes on. The times that come meanwhile are recorded as skipped when it is resumed.
     */
    readonly post: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path: {
          readonly id: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: {
        readonly content: {
          readonly 'application/json': {
            readonly note?: string;
            /** Format: date-time */
            readonly until?: string;
          } | null;
        };
      };
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly cronExpression: string;
              readonly id: string;
              readonly status: string;
            } & {
              readonly [key: string]: unknown;
            };
          };
        };
      };
    };
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/schedules/{id}/resume': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** Fire again */
    readonly post: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path: {
          readonly id: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: {
        readonly content: {
          readonly 'application/json': {
            readonly note?: string;
          } | null;
        };
      };
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly cronExpression: string;
              readonly id: string;
              readonly status: string;
            } & {
              readonly [key: string]: unknown;
            };
          };
        };
      };
    };
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/schedules/{id}/trigger': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
     * Run it now
     * @description Once, at once, also while it is paused. It counts for no limit of runs.
     */
    readonly post: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path: {
          readonly id: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 202: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly executionId: string | null;
              readonly position: string;
            };
          };
        };
      };
    };
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/schedules/{id}/upcoming': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** The next firings */
    readonly get: {
      readonly parameters: {
        readonly query?: {
          readonly count?: number;
        };
        readonly header?: never;
        readonly path: {
          readonly id: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly upcoming: readonly {
                readonly dueAt: string;
                readonly scheduledFor: string;
              }[];
            };
          };
        };
      };
    };
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/schedules/preview': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
     * When would it fire?
     * @description The first firings of a schedule with these settings; nothing is made.
     */
    readonly post: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody: {
        readonly content: {
          readonly 'application/json': {
            /** @description Firings later than this are skipped; default a day. */
            readonly catchUpWindowMs?: number;
            /** @default 5 */
            readonly count?: number;
            /** @description Five fields, or six with seconds first. */
            readonly cronExpression: string;
            readonly description?: string;
            readonly endAt?: string | null;
            /** @description Firings are spread over so long; default 0. */
            readonly jitterMs?: number;
            readonly maxRuns?: number | null;
            /**
             * @description What happens to firings that were missed; default one.
             * @enum {string}
             */
            readonly misfire?: 'skip' | 'one' | 'all';
            /**
             * @description What happens when the run before is still open; default skip.
             * @enum {string}
             */
            readonly overlap?: 'skip' | 'bufferOne' | 'bufferAll' | 'cancelOther' | 'terminateOther' | 'allowAll';
            /** @description A JSON object. */
            readonly params?: {
              readonly [key: string]: unknown;
            };
            readonly pauseAfterFailures?: number | null;
            /**
             * @description Local times that come twice; default auto.
             * @enum {string}
             */
            readonly repeatedTimes?: 'auto' | 'first' | 'last' | 'both';
            readonly skillId?: string | null;
            /**
             * @description Local times that a change of the clocks leaves out; default shift.
             * @enum {string}
             */
            readonly skippedTimes?: 'shift' | 'skip';
            readonly startAt?: string | null;
            /** @description IANA name; default UTC. */
            readonly timeZone?: string;
            readonly workflowId?: string | null;
          };
        };
      };
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly upcoming: readonly {
                readonly dueAt: string;
                readonly scheduledFor: string;
              }[];
            };
          };
        };
      };
    };
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/schedules/stats': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Schedules and how often they fired */
    readonly get: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly schedules: readonly {
                readonly [key: string]: unknown;
              }[];
              readonly totalExecutions: number;
              readonly totalSchedules: number;
            };
          };
        };
      };
    };
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/skills': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** List skills */
    readonly get: {
      readonly parameters: {
        readonly query?: {
          readonly category?: string;
          readonly difficulty?: string;
          /** @description Most items in the answer. */
          readonly limit?: number;
          /** @description Items to pass over; for more, use the cursor. */
          readonly offset?: number;
        };
        readonly header?: never;
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly limit: number;
              readonly offset: number;
              readonly skills: readonly {
                readonly author: string;
                readonly category: string;
                readonly description: string;
                readonly difficulty: string;
                readonly digest: string;
                readonly id: string;
                readonly name: string;
                /** @description Any JSON. */
                readonly parameters: unknown;
                readonly tags: readonly string[];
                readonly version: string;
              }[];
              readonly total: number;
            };
          };
        };
      };
    };
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/skills/{id}': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** One skill */
    readonly get: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path: {
          readonly id: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly author: string;
              readonly category: string;
              readonly description: string;
              readonly difficulty: string;
              readonly digest: string;
              readonly id: string;
              readonly name: string;
              /** @description Any JSON. */
              readonly parameters: unknown;
              readonly tags: readonly string[];
              readonly version: string;
            };
          };
        };
      };
    };
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/skills/{id}/execute': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
     * Run a skill
     * @description Answers 202 once the request is durable. With the header Prefer: wait=<seconds> it waits for the end and answers 200 with the outcome. The header Idempotency-Key makes a repetition return the same execution.
     */
    readonly post: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: {
          /** @description Makes a repetition of this request lead to what the first one made. */
          readonly 'idempotency-key'?: string;
          /** @description wait=<seconds>, at most 55: answer with the outcome. */
          readonly prefer?: string;
        };
        readonly path: {
          readonly id: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: {
        readonly content: {
          readonly 'application/json': {
            /** @description Instead of runAt: not to be started for this long. */
            readonly delayMs?: number;
            /** @description A JSON object. */
            readonly params?: {
              readonly [key: string]: unknown;
            };
            /** @description Higher runs first. */
            readonly priority?: number;
            /** @description Expires when it was not started for this long after it was due. */
            readonly queueTtlMs?: number;
            readonly retry?: {
              readonly factor?: number;
              readonly initialDelayMs?: number;
              readonly maxAttempts: number;
              readonly maxDelayMs?: number;
            };
            /**
             * Format: date-time
             * @description Not to be started earlier.
             */
            readonly runAt?: string;
            /** @description Limit of one attempt. */
            readonly timeoutMs?: number;
          } | null;
        };
      };
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly durationMs: number;
              /** @description Any JSON. */
              readonly error: unknown;
              readonly executionId: string;
              readonly position: string;
              /** @description Any JSON. */
              readonly result: unknown;
              readonly status: string;
            };
          };
        };
        /** @description Default Response */
        readonly 202: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly executionId: string;
              readonly position: string;
              readonly status: string;
            };
          };
        };
      };
    };
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/skills/search': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Search skills by name, description, category and tags */
    readonly get: {
      readonly parameters: {
        readonly query: {
          /** @description Most items in the answer. */
          readonly limit?: number;
          /** @description Items to pass over; for more, use the cursor. */
          readonly offset?: number;
          readonly q: string;
        };
        readonly header?: never;
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly limit: number;
              readonly offset: number;
              readonly skills: readonly {
                readonly author: string;
                readonly category: string;
                readonly description: string;
                readonly difficulty: string;
                readonly digest: string;
                readonly id: string;
                readonly name: string;
                /** @description Any JSON. */
                readonly parameters: unknown;
                readonly tags: readonly string[];
                readonly version: string;
              }[];
              readonly total: number;
            };
          };
        };
      };
    };
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/system/rebuild': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** Rebuild the read models from the log, beside the live ones */
    readonly post: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 202: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly head: number;
              readonly position: number;
              readonly ready: boolean;
              readonly rebuilding: {
                readonly position: number;
              } | null;
              readonly rebuiltBecause: string | null;
            };
          };
        };
      };
    };
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/system/status': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** How the system is doing */
    readonly get: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              /** @description Any JSON. */
              readonly cluster?: unknown;
              readonly executions: {
                readonly byStatus: {
                  readonly [key: string]: number;
                };
                readonly total: number;
              };
              readonly head: string;
              /** @description Any JSON. */
              readonly log?: unknown;
              /** @description Any JSON. */
              readonly memory?: unknown;
              readonly node: string;
              /** @description Any JSON. */
              readonly readModels?: unknown;
              /** @description Any JSON. */
              readonly runner?: unknown;
              /** @description Any JSON. */
              readonly skillProblems?: unknown;
              readonly skills: number;
              /**
               * Format: date-time
               * @description RFC 3339, UTC.
               */
              readonly startedAt: string;
              readonly status: string;
              readonly uptimeMs: number;
              /** @description Any JSON. */
              readonly users?: unknown;
              readonly version: string;
              /** @description Any JSON. */
              readonly websocket?: unknown;
            };
          };
        };
      };
    };
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/webhooks': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** List webhooks */
    readonly get: {
      readonly parameters: {
        readonly query?: {
          /** @description Most items in the answer. */
          readonly limit?: number;
          /** @description Items to pass over; for more, use the cursor. */
          readonly offset?: number;
        };
        readonly header?: never;
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly limit: number;
              readonly offset: number;
              readonly total: number;
              readonly webhooks: readonly ({
                /**
                 * Format: date-time
                 * @description RFC 3339, UTC.
                 */
                readonly createdAt: string;
                readonly eventType: string;
                readonly eventTypes: readonly string[];
                readonly id: string;
                readonly status: string;
                readonly url: string;
              } & {
                readonly [key: string]: unknown;
              })[];
            };
          };
        };
      };
    };
    readonly put?: never;
    /**
     * Make a webhook
     * @description Without a secret one is made, and shown in this answer only. Deliveries are signed twice: by Standard Webhooks (webhook-signature) and by the hex HMAC-SHA256 of the body (x-webhook-signature).
     */
    readonly post: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: {
          /** @description Makes a repetition of this request lead to what the first one made. */
          readonly 'idempotency-key'?: string;
        };
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody: {
        readonly content: {
          readonly 'application/json': {
            /** @description Attempts at once. */
            readonly concurrency?: number;
            /** @description Added to each delivery. The values are not shown again. */
            readonly customHeaders?: {
              readonly [key: string]: string;
            };
            readonly description?: string;
            /** @description Disabled when nothing has been taken for so long; null: never. */
            readonly disableAfterMs?: number | null;
            /** @description Which event; a star stands for any run of characters. */
            readonly eventType?: string;
            readonly eventTypes?: readonly string[];
            /** @description Share of a wait that may be added. */
            readonly jitter?: number;
            /** @description Whether a delivery waits for the ones before it: of the endpoint, or of the same execution or key. */
            readonly ordering?: 'none' | 'endpoint' | 'key';
            readonly ratePerSecond?: number | null;
            /** @description Instead of retryDelaysMs: exponential waits. */
            readonly retry?: {
              /** @description Further attempts. */
              readonly attempts: number;
              readonly factor: number;
              readonly initialDelayMs: number;
              readonly maxDelayMs: number;
            };
            /** @description Waits before further attempts; default 1 s, 5 s, 15 s. */
            readonly retryDelaysMs?: readonly number[];
            readonly secret?: string;
            readonly skills?: readonly string[] | null;
            /** @description Deadline of one attempt. */
            readonly timeoutMs?: number;
            readonly url: string;
          };
        };
      };
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 201: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              /**
               * Format: date-time
               * @description RFC 3339, UTC.
               */
              readonly createdAt: string;
              readonly eventType: string;
              readonly eventTypes: readonly string[];
              readonly id: string;
              readonly status: string;
              readonly url: string;
            } & {
              readonly [key: string]: unknown;
            };
          };
        };
      };
    };
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/webhooks/{id}': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** One webhook */
    readonly get: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path: {
          readonly id: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              /**
               * Format: date-time
               * @description RFC 3339, UTC.
               */
              readonly createdAt: string;
              readonly eventType: string;
              readonly eventTypes: readonly string[];
              readonly id: string;
              readonly status: string;
              readonly url: string;
            } & {
              readonly [key: string]: unknown;
            };
          };
        };
      };
    };
    readonly put?: never;
    readonly post?: never;
    /**
     * Delete a webhook
     * @description Deliveries that wait are skipped, and said to be. The history stays in the log.
     */
    readonly delete: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path: {
          readonly id: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly id: string;
              readonly position: string | null;
            };
          };
        };
      };
    };
    readonly options?: never;
    readonly head?: never;
    /**
     * Change a webhook
     * @description What is left out stays as it is. Deliveries that wait go out as it says from now on.
     */
    readonly patch: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path: {
          readonly id: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody: {
        readonly content: {
          readonly 'application/json': {
            /** @description Attempts at once. */
            readonly concurrency?: number;
            /** @description Added to each delivery. The values are not shown again. */
            readonly customHeaders?: {
              readonly [key: string]: string;
            };
            readonly description?: string;
            /** @description Disabled when nothing has been taken for so long; null: never. */
            readonly disableAfterMs?: number | null;
            /** @description Which event; a star stands for any run of characters. */
            readonly eventType?: string;
            readonly eventTypes?: readonly string[];
            /** @description Share of a wait that may be added. */
            readonly jitter?: number;
            /** @description Whether a delivery waits for the ones before it: of the endpoint, or of the same execution or key. */
            readonly ordering?: 'none' | 'endpoint' | 'key';
            readonly ratePerSecond?: number | null;
            /** @description Instead of retryDelaysMs: exponential waits. */
            readonly retry?: {
              /** @description Further attempts. */
              readonly attempts: number;
              readonly factor: number;
              readonly initialDelayMs: number;
              readonly maxDelayMs: number;
            };
            /** @description Waits before further attempts; default 1 s, 5 s, 15 s. */
            readonly retryDelaysMs?: readonly number[];
            readonly skills?: readonly string[] | null;
            /** @description Deadline of one attempt. */
            readonly timeoutMs?: number;
            readonly url?: string;
          };
        };
      };
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              /**
               * Format: date-time
               * @description RFC 3339, UTC.
               */
              readonly createdAt: string;
              readonly eventType: string;
              readonly eventTypes: readonly string[];
              readonly id: string;
              readonly status: string;
              readonly url: string;
            } & {
              readonly [key: string]: unknown;
            };
          };
        };
      };
    };
    readonly trace?: never;
  };
  readonly '/api/webhooks/{id}/deliveries': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** The delivery history of a webhook, newest first */
    readonly get: {
      readonly parameters: {
        readonly query?: {
          /** @description Most items in the answer. */
          readonly limit?: number;
          /** @description Items to pass over; for more, use the cursor. */
          readonly offset?: number;
          readonly status?: 'pending' | 'delivered' | 'failed' | 'skipped';
        };
        readonly header?: never;
        readonly path: {
          readonly id: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly deliveries: readonly ({
                readonly attempts: readonly {
                  readonly [key: string]: unknown;
                }[];
                readonly event: string;
                readonly eventId: string;
                readonly id: string;
                readonly nextAttemptAt: string | null;
                readonly status: string;
                readonly webhookId: string;
              } & {
                readonly [key: string]: unknown;
              })[];
              readonly limit: number;
              readonly offset: number;
              readonly total: number;
            };
          };
        };
      };
    };
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/webhooks/{id}/deliveries/{delivery}/retry': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
     * Try a delivery again
     * @description Once, at once, under the same webhook-id; whatever became of it before.
     */
    readonly post: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path: {
          readonly delivery: string;
          readonly id: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 202: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly id: string;
              readonly position: string | null;
            };
          };
        };
      };
    };
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/webhooks/{id}/disable': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** Deliver nothing for a while */
    readonly post: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path: {
          readonly id: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: {
        readonly content: {
          readonly 'application/json': {
            readonly note?: string;
          } | null;
        };
      };
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly id: string;
              readonly position: string | null;
            };
          };
        };
      };
    };
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/webhooks/{id}/enable': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
     * Deliver again
     * @description With backlog deliver (the default) what waited and what came meanwhile is delivered; with skip nothing of it.
     */
    readonly post: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path: {
          readonly id: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: {
        readonly content: {
          readonly 'application/json': {
            readonly backlog?: 'deliver' | 'skip';
          } | null;
        };
      };
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly id: string;
              readonly position: string | null;
            };
          };
        };
      };
    };
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/webhooks/{id}/replays': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Replays of a webhook, newest first, and how far they are */
    readonly get: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path: {
          readonly id: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly replays: readonly {
                readonly [key: string]: unknown;
              }[];
            };
          };
        };
      };
    };
    readonly put?: never;
    /**
     * Deliver past events
     * @description Those after a position or a time that the webhook wants: with scope missing those that it never took, with all every one again, under the same webhook-ids.
     */
    readonly post: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path: {
          readonly id: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody: {
        readonly content: {
          readonly 'application/json': {
            /** @default missing */
            readonly scope?: 'missing' | 'all';
            /** @description A position or a time; default: the beginning. */
            readonly since?: string;
          };
        };
      };
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 202: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly replayId: string;
            };
          };
        };
      };
    };
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/webhooks/{id}/rotate-secret': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
     * Give a webhook a new secret
     * @description The former secrets sign beside the new one for overlapMs. A secret made here is shown once.
     */
    readonly post: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path: {
          readonly id: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: {
        readonly content: {
          readonly 'application/json': {
            /** @default 86400000 */
            readonly overlapMs?: number;
            readonly secret?: string;
          } | null;
        };
      };
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly id: string;
              readonly position: string | null;
              readonly secret?: string;
            };
          };
        };
      };
    };
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/webhooks/{id}/test': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
     * Send a test event
     * @description One delivery of the event webhook.test, tried once, whatever the webhook filters.
     */
    readonly post: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path: {
          readonly id: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 202: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly id: string;
              readonly position: string | null;
            };
          };
        };
      };
    };
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/webhooks/preview': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
     * What would a filter have matched?
     * @description Looks at past events and sends nothing. Answers the first matches, and where it stopped.
     */
    readonly post: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody: {
        readonly content: {
          readonly 'application/json': {
            readonly eventTypes: readonly string[];
            /** @default 100 */
            readonly limit?: number;
            /** @description A position or a time; default: the beginning. */
            readonly since?: string;
            readonly skills?: readonly string[] | null;
          };
        };
      };
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly complete: boolean;
              readonly events: readonly {
                readonly actor: string;
                /**
                 * Format: date-time
                 * @description RFC 3339, UTC.
                 */
                readonly at: string;
                /** @description The event that led to it, if another stream has it. */
                readonly causationId: string | null;
                /** @description The batch it belongs to; null: its stream. */
                readonly correlationId: string | null;
                /** @description Any JSON. */
                readonly data: unknown;
                readonly id: string;
                readonly position: string;
                readonly revision: number;
                readonly stream: string;
                readonly type: string;
              }[];
              readonly next: string;
            };
          };
        };
      };
    };
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/webhooks/stats': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** How deliveries ended */
    readonly get: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly delivered: number;
              /** @description Given up or skipped. */
              readonly failed: number;
              readonly pending: number;
              /** @description delivered / total, such as 98.00%. */
              readonly successRate: string;
              /** @description Deliveries: an event and a webhook that it goes to. */
              readonly total: number;
            };
          };
        };
      };
    };
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/websocket/stats': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** WebSocket statistics; connections of others are shown to administrators only */
    readonly get: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly connections: readonly {
                /**
                 * Format: date-time
                 * @description RFC 3339, UTC.
                 */
                readonly connectedAt: string;
                readonly connectionId: string;
                readonly executions: readonly string[];
                readonly messagesReceived: number;
                readonly messagesSent: number;
                readonly pendingBytes: number;
                readonly userId: string;
              }[];
              readonly framesBuilt: number;
              readonly framesWritten: number;
              readonly totalConnections: number;
              readonly totalExecutions: number;
              readonly totalUsers: number;
            };
          };
        };
      };
    };
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/workflows': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** List workflows */
    readonly get: {
      readonly parameters: {
        readonly query?: {
          /** @description Most items in the answer. */
          readonly limit?: number;
          /** @description Items to pass over; for more, use the cursor. */
          readonly offset?: number;
        };
        readonly header?: never;
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly limit: number;
              readonly offset: number;
              readonly total: number;
              readonly workflows: readonly ({
                readonly description: string;
                readonly name: string;
                readonly version: number;
              } & {
                readonly [key: string]: unknown;
              })[];
            };
          };
        };
      };
    };
    readonly put?: never;
    /**
     * Define a workflow, or its next version
     * @description JSON, or YAML with the content type application/yaml. The answer to a definition that cannot be taken lists everything that is wrong with it. The same definition again changes nothing. Runs keep to the version that they began with.
     */
    readonly post: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody: {
        readonly content: {
          readonly 'application/json': {
            readonly description?: string;
            /** @description Parameters of a run. */
            readonly input?: {
              readonly [key: string]: unknown;
            };
            /** @description Lower-case letters, digits, dots, dashes and underscores. */
            readonly name: string;
            /** @description Any JSON. */
            readonly output?: unknown;
            /** @description Steps by their ids. */
            readonly steps: {
              readonly [key: string]: unknown;
            };
            readonly timeoutMs?: number;
          } & {
            readonly [key: string]: unknown;
          };
        };
      };
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly description: string;
              readonly name: string;
              readonly version: number;
            } & {
              readonly [key: string]: unknown;
            };
          };
        };
        /** @description Default Response */
        readonly 201: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly description: string;
              readonly name: string;
              readonly version: number;
            } & {
              readonly [key: string]: unknown;
            };
          };
        };
      };
    };
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/workflows/{name}': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** One workflow */
    readonly get: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path: {
          readonly name: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly description: string;
              readonly name: string;
              readonly version: number;
            } & {
              readonly [key: string]: unknown;
            };
          };
        };
      };
    };
    readonly put?: never;
    readonly post?: never;
    /**
     * Take a workflow away
     * @description Its runs go on; its versions stay in the log.
     */
    readonly delete: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path: {
          readonly name: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly name: string;
              readonly position: string | null;
            };
          };
        };
      };
    };
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/workflows/{name}/run': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
     * Run a workflow
     * @description A run is an execution: it is followed, cancelled and retried as one (a retry goes on from the steps that failed). With the header Prefer: wait=<seconds> it waits for the end. The header Idempotency-Key makes a repetition return the same run.
     */
    readonly post: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: {
          /** @description Makes a repetition of this request lead to what the first one made. */
          readonly 'idempotency-key'?: string;
          /** @description wait=<seconds>, at most 55: answer with the outcome. */
          readonly prefer?: string;
        };
        readonly path: {
          readonly name: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: {
        readonly content: {
          readonly 'application/json': {
            /** @description A JSON object. */
            readonly params?: {
              readonly [key: string]: unknown;
            };
            readonly version?: number;
          } | null;
        };
      };
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly executionId: string;
            } & {
              readonly [key: string]: unknown;
            };
          };
        };
        /** @description Default Response */
        readonly 202: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly executionId: string;
              readonly position: string;
              readonly status: string;
            };
          };
        };
      };
    };
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/workflows/{name}/runs': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Runs of a workflow, newest first */
    readonly get: {
      readonly parameters: {
        readonly query?: {
          /** @description Most items in the answer. */
          readonly limit?: number;
          /** @description Items to pass over; for more, use the cursor. */
          readonly offset?: number;
        };
        readonly header?: never;
        readonly path: {
          readonly name: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly executions: readonly {
                readonly artifacts: readonly {
                  readonly path: string;
                  readonly sha256: string;
                  readonly sizeBytes: number;
                  readonly url: string;
                }[];
                /** @description 0 before the first start. */
                readonly attempt: number;
                readonly cause: {
                  readonly actor: string;
                  readonly id: string | null;
                  readonly kind: string;
                };
                /**
                 * Format: date-time
                 * @description RFC 3339, UTC.
                 */
                readonly createdAt: string;
                /** @description How long the last attempt took, as the event that ended it tells; null before the end. The time from startedAt, of the first attempt, to endedAt also holds the waits between attempts. */
                readonly durationMs: number | null;
                readonly endedAt: string | null;
                readonly error: {
                  readonly code: string;
                  readonly message: string;
                  readonly stack: string | null;
                } | null;
                readonly executionId: string;
                readonly expiresAt: string | null;
                readonly mode: string | null;
                /** @description Any JSON. */
                readonly params: unknown;
                readonly priority: number;
                readonly progress: number;
                readonly progressStatus: string | null;
                /** @description Any JSON. */
                readonly result: unknown;
                /** @description Any JSON. */
                readonly retry: unknown;
                readonly revision: number;
                readonly runAt: string | null;
                /** @description SHA-256 over the files of the skill that was asked for. */
                readonly skillDigest: string;
                readonly skillId: string;
                readonly skillVersion: string;
                readonly startedAt: string | null;
                readonly status: string;
                readonly timeoutMs: number;
                readonly userId: string;
              }[];
              readonly limit: number;
              readonly offset: number;
              readonly total: number;
            };
          };
        };
      };
    };
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/workflows/{name}/versions': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** All versions of a workflow, newest first */
    readonly get: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path: {
          readonly name: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly versions: readonly {
                readonly [key: string]: unknown;
              }[];
            };
          };
        };
      };
    };
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/workflows/{name}/versions/{version}': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** One version of a workflow */
    readonly get: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path: {
          readonly name: string;
          readonly version: number;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly description: string;
              readonly name: string;
              readonly version: number;
            } & {
              readonly [key: string]: unknown;
            };
          };
        };
      };
    };
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/workflows/check': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
     * Would this definition be taken?
     * @description Nothing is made. Answers the definition as it would be kept, steps in their order.
     */
    readonly post: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody: {
        readonly content: {
          readonly 'application/json': {
            readonly description?: string;
            /** @description Parameters of a run. */
            readonly input?: {
              readonly [key: string]: unknown;
            };
            /** @description Lower-case letters, digits, dots, dashes and underscores. */
            readonly name: string;
            /** @description Any JSON. */
            readonly output?: unknown;
            /** @description Steps by their ids. */
            readonly steps: {
              readonly [key: string]: unknown;
            };
            readonly timeoutMs?: number;
          } & {
            readonly [key: string]: unknown;
          };
        };
      };
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description A JSON object. */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly [key: string]: unknown;
            };
          };
        };
      };
    };
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/health/live': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** The process runs */
    readonly get: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly status: string;
            };
          };
        };
      };
    };
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/health/ready': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** The server takes requests */
    readonly get: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly status: string;
            };
          };
        };
        /** @description Default Response */
        readonly 503: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'application/json': {
              readonly status: string;
            };
          };
        };
      };
    };
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/metrics': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Prometheus metrics */
    readonly get: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        readonly '4XX': components['responses']['Refused'];
        readonly '5XX': components['responses']['Failed'];
        /** @description All of them. */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly 'text/plain': string;
          };
        };
      };
    };
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: never;
  responses: {
    /** @description The server cannot do it at the moment; `code` says why. */
    readonly Failed: {
      headers: {
        /** @description Names this request in the server log. */
        readonly 'x-request-id'?: string;
        readonly [name: string]: unknown;
      };
      content: {
        readonly 'application/problem+json': {
          /**
           * @description Stable; see the table of error codes.
           * @enum {string}
           */
          readonly code:
            | 'VALIDATION_FAILED'
            | 'MALFORMED_JSON'
            | 'PARAMS_INVALID'
            | 'CURSOR_INVALID'
            | 'MALFORMED_REQUEST'
            | 'HEADERS_TOO_LARGE'
            | 'REQUEST_TIMEOUT'
            | 'UPGRADE_REQUIRED'
            | 'UNSUPPORTED_MEDIA_TYPE'
            | 'UNAUTHENTICATED'
            | 'CREDENTIALS_INVALID'
            | 'SIGN_IN_DELAYED'
            | 'FORBIDDEN'
            | 'NOT_FOUND'
            | 'METHOD_NOT_ALLOWED'
            | 'SKILL_NOT_FOUND'
            | 'WEBHOOK_NOT_FOUND'
            | 'DELIVERY_NOT_FOUND'
            | 'SCHEDULE_NOT_FOUND'
            | 'WORKFLOW_NOT_FOUND'
            | 'EXECUTION_NOT_FOUND'
            | 'ARTIFACT_NOT_FOUND'
            | 'EMAIL_TAKEN'
            | 'USERNAME_TAKEN'
            | 'REVISION_CONFLICT'
            | 'EXECUTION_FINISHED'
            | 'IDEMPOTENCY_KEY_REUSED'
            | 'MOVE_NOT_ALLOWED'
            | 'BODY_TOO_LARGE'
            | 'EVENT_TOO_LARGE'
            | 'RATE_LIMITED'
            | 'LIMIT_REACHED'
            | 'QUEUE_FULL'
            | 'OUTCOME_UNKNOWN'
            | 'LOG_UNAVAILABLE'
            | 'STORAGE_FULL'
            | 'NOT_READY'
            | 'BUSY'
            | 'LOG_CORRUPT'
            | 'DATA_DIR_LOCKED'
            | 'DATA_DIR_UNUSABLE'
            | 'VAULT_KEY_MISMATCH'
            | 'CONFIG_INVALID'
            | 'SKILL_INVALID'
            | 'INTERNAL';
          readonly detail: string;
          readonly problems?: readonly {
            readonly message: string;
            readonly path: string;
          }[];
          readonly retryAfterMs?: number;
          readonly status: number;
          readonly title: string;
          readonly type: string;
        };
      };
    };
    /** @description The request is wrong, not allowed, or too much at the moment; `code` says which. */
    readonly Refused: {
      headers: {
        /** @description Names this request in the server log. */
        readonly 'x-request-id'?: string;
        readonly [name: string]: unknown;
      };
      content: {
        readonly 'application/problem+json': {
          /**
           * @description Stable; see the table of error codes.
           * @enum {string}
           */
          readonly code:
            | 'VALIDATION_FAILED'
            | 'MALFORMED_JSON'
            | 'PARAMS_INVALID'
            | 'CURSOR_INVALID'
            | 'MALFORMED_REQUEST'
            | 'HEADERS_TOO_LARGE'
            | 'REQUEST_TIMEOUT'
            | 'UPGRADE_REQUIRED'
            | 'UNSUPPORTED_MEDIA_TYPE'
            | 'UNAUTHENTICATED'
            | 'CREDENTIALS_INVALID'
            | 'SIGN_IN_DELAYED'
            | 'FORBIDDEN'
            | 'NOT_FOUND'
            | 'METHOD_NOT_ALLOWED'
            | 'SKILL_NOT_FOUND'
            | 'WEBHOOK_NOT_FOUND'
            | 'DELIVERY_NOT_FOUND'
            | 'SCHEDULE_NOT_FOUND'
            | 'WORKFLOW_NOT_FOUND'
            | 'EXECUTION_NOT_FOUND'
            | 'ARTIFACT_NOT_FOUND'
            | 'EMAIL_TAKEN'
            | 'USERNAME_TAKEN'
            | 'REVISION_CONFLICT'
            | 'EXECUTION_FINISHED'
            | 'IDEMPOTENCY_KEY_REUSED'
            | 'MOVE_NOT_ALLOWED'
            | 'BODY_TOO_LARGE'
            | 'EVENT_TOO_LARGE'
            | 'RATE_LIMITED'
            | 'LIMIT_REACHED'
            | 'QUEUE_FULL'
            | 'OUTCOME_UNKNOWN'
            | 'LOG_UNAVAILABLE'
            | 'STORAGE_FULL'
            | 'NOT_READY'
            | 'BUSY'
            | 'LOG_CORRUPT'
            | 'DATA_DIR_LOCKED'
            | 'DATA_DIR_UNUSABLE'
            | 'VAULT_KEY_MISMATCH'
            | 'CONFIG_INVALID'
            | 'SKILL_INVALID'
            | 'INTERNAL';
          readonly detail: string;
          readonly problems?: readonly {
            readonly message: string;
            readonly path: string;
          }[];
          readonly retryAfterMs?: number;
          readonly status: number;
          readonly title: string;
          readonly type: string;
        };
      };
    };
  };
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
