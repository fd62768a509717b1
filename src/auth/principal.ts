import { AppError } from '../kernel/errors.ts';

/**
 * What a credential may be used for.
 *
 * | scope              | allows                                                    |
 * | ------------------ | --------------------------------------------------------- |
 * | `skills:read`      | list, search and read skills                              |
 * | `executions:read`  | read and follow executions, their events and artifacts    |
 * | `executions:write` | run skills, cancel, report progress of external ones      |
 * | `events:read`      | the event feed                                            |
 * | `events:write`     | tell of events of one's own                               |
 * | `webhooks:read`    | read webhooks and their deliveries                        |
 * | `webhooks:write`   | make, change, test and delete webhooks; retry and replay  |
 * | `schedules:read`   | read schedules and their firings                          |
 * | `schedules:write`  | make, change, pause, trigger and delete schedules         |
 * | `workflows:read`   | read workflows and their versions                         |
 * | `workflows:write`  | define and take away workflows                            |
 * | `keys:write`       | issue and revoke API keys                                 |
 * | `admin`            | everybody's data and the system's; administrators only    |
 */
export const scopes = [
  'skills:read',
  'executions:read',
  'executions:write',
  'events:read',
  'events:write',
  'webhooks:read',
  'webhooks:write',
  'schedules:read',
  'schedules:write',
  'workflows:read',
  'workflows:write',
  'keys:write',
  'admin',
] as const;

export type Scope = (typeof scopes)[number];

/** Who makes a request, and with what. */
export interface Principal {
  readonly userId: string;
  readonly role: 'member' | 'administrator';
  readonly scopes: ReadonlySet<Scope>;
  readonly via: 'session' | 'api-key';
  /** Names the session or key: what to look for when it is revoked. */
  readonly credentialId: string;
  /** Who stands in the log as the actor: the user, or the API key. */
  readonly actor: string;
}

/** The scopes that an account's sessions have. */
export function scopesOf(role: Principal['role']): ReadonlySet<Scope> {
  return new Set(scopes.filter((scope) => scope !== 'admin' || role === 'administrator'));
}

/** Throws FORBIDDEN unless the credential has the scope. */
export function requireScope(principal: Principal, scope: Scope): void {
  if (principal.scopes.has(scope)) return;
  const message =
    principal.via === 'session' ? 'Only an administrator can do this.' : `This key lacks the scope ${scope}.`;
  throw new AppError('FORBIDDEN', { message });
}

/** Throws FORBIDDEN for an API key: for what only the person may do, however much a key that is lying about can. */
export function requireSession(principal: Principal): void {
  if (principal.via === 'session') return;
  throw new AppError('FORBIDDEN', { message: 'Sign in for this: no API key can do it.' });
}

/** True when the principal may see what belongs to `owner`. */
export function mayRead(principal: Principal, owner: string): boolean {
  return principal.userId === owner || principal.scopes.has('admin');
}

/** Whose data a list shows: null means everybody's. */
export function ownerFilter(principal: Principal): string | null {
  return principal.scopes.has('admin') ? null : principal.userId;
}
