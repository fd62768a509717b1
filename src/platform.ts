import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, realpathSync, rmSync, writeSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

import type { Accounts } from './auth/accounts.ts';
import { createAuth } from './auth/create-auth.ts';
import { Endings } from './commands/endings.ts';
import { ExecutionStore } from './commands/execution-store.ts';
import { forgetOrphanedSecrets } from './commands/forget-orphaned-secrets.ts';
import { recordSkills } from './commands/record-skills.ts';
import { ExternalExecutions } from './commands/report-execution.ts';
import { ExecutionRequests, type Place } from './commands/request-execution.ts';
import { UserStore } from './commands/user-store.ts';
import type { Config } from './setting.ts';
import { createDelivery, type Delivery } from './delivery/create-delivery.ts';
import { type Backend, openBackend } from './event-log/open-backend.ts';
import type { FeedPublisher } from './feed/topic/feed-publisher.ts';
import { workflowOfRun } from './domain/workflow/definition.ts';
import { createHttpApp } from './http/app.ts';
import { FrontDoor, type StartProgress } from './http/front-door.ts';
import { OpenStreams } from './http/open-streams.ts';
import type { Services } from './http/services.ts';
import { BugError } from './kernel/assert.ts';
import { systemClock } from './kernel/clock.ts';
import { newNodeId } from './kernel/ids.ts';
import type { JsonObject, JsonValue } from './kernel/json.ts';
import { collectMetrics } from './metrics.ts';
import { RealtimeHub } from './realtime/hub.ts';
import { serveWebSockets } from './realtime/upgrade.ts';
import { InlineRunner } from './runner/inline/inline-runner.ts';
import { ProcessRunner } from './runner/process/process-runner.ts';
import type { SkillRunner } from './runner/run-outcome.ts';
import { Runner } from './runner/runner.ts';
import type { ServerLog } from './server-log.ts';
import { SkillCatalog } from './skills/skill-catalog.ts';
import { foldersThere } from './skills/skill-folder.ts';
import { createQueries, type Queries } from './store/query-client.ts';
import type { ReadModelStatus } from './store/read-model-keeper.ts';
import { WebSocketManager } from './web-socket-manager.ts';
import { createScheduling, type Scheduling } from './scheduler/create-scheduling.ts';
import { SchedulerManager } from './scheduler-manager.ts';
import { WebhookManager } from './webhook-manager.ts';
import { createWorkflows, placeOfRun, type WorkflowService } from './workflows/create-workflows.ts';

const outputBytes = 1024 * 1024;
const resultBytes = 1024 * 1024;
const maxTimeoutMs = 900_000;
const maxRunsPerChild = 1000;
/** Subscriptions that one connection may have: more steps of a run cannot be followed. */
const maxFollowedSteps = 1000;
const childIdleMs = 60_000;
const adminKeyFile = 'admin-key';
/** What is left of requests when everything else has stopped may take this long to be answered. */
const lastAnswersMs = 1000;

/** What a start found out. */
export interface StartReport {
  readonly url: string;
  readonly dataDir: string;
  /** Where the administrator's key lies; null when it was made on another node. */
  readonly adminKeyFile: string | null;
  readonly skills: number;
}

/**
 * The whole platform in one object: the composition root of a node. `start` opens everything in order, `stop` closes it in
 * reverse; `stop` resolves when all is finished, not when it was asked for.
 */
export class Platform {
  readonly config: Config;
  readonly services: Services;
  readonly hub: RealtimeHub;
  readonly webSocketManager: WebSocketManager;
  readonly webhookManager: WebhookManager;
  readonly schedulerManager: SchedulerManager;
  readonly #backend: Backend;
  readonly #catalog: SkillCatalog;
  readonly #runner: Runner;
  readonly #serverLog: ServerLog;
  readonly #state: State;
  readonly #publisher: FeedPublisher | null;
  readonly #delivery: Delivery;
  readonly #scheduling: Scheduling;
  readonly #workflowService: WorkflowService;
  #app: Awaited<ReturnType<typeof createHttpApp>> | null = null;
  #door: FrontDoor | null = null;

  private constructor(parts: Parts) {
    this.config = parts.config;
    this.services = parts.services;
    this.hub = parts.hub;
    this.#backend = parts.backend;
    this.#catalog = parts.catalog;
    this.#runner = parts.runner;
    this.#serverLog = parts.serverLog;
    this.#state = parts.state;
    this.#publisher = parts.publisher;
    this.#delivery = parts.delivery;
    this.#scheduling = parts.scheduling;
    this.#workflowService = parts.workflowService;
    const { external, clock, queries, webhooks, schedules } = parts.services;
    const defaultOwner = (): Promise<string> => this.administratorId();
    const isUser = async (userId: string): Promise<boolean> => (await queries.userById(userId))?.erased === 0;
    this.webSocketManager = new WebSocketManager({
      external,
      hub: parts.hub,
      clock,
      defaultOwner,
      isUser,
    });
    const { deliverer } = parts.delivery;
    this.webhookManager = new WebhookManager({ webhooks, queries, deliverer, isUser });
    const { stats } = parts.scheduling;
    this.schedulerManager = new SchedulerManager({ schedules, queries, stats, defaultOwner, isUser });
  }

  /** Id of the account that the first start made: whose things are that belong to nobody else. */
  async administratorId(): Promise<string> {
    return (await this.services.queries.firstUserWithRole('administrator'))?.id ?? 'system';
  }

  /**
   * Opens the log and everything that stands on it. Rejects with a coded error that says what to do. `onFatal` is told when the
   * log stops for good later on: nothing can be recorded any more, and the process should end. `onProgress` is told how much of
   * the log has been taken in.
   */
  static async open(
    config: Config,
    serverLog: ServerLog,
    onFatal: (error: Error) => void = () => undefined,
    onProgress: (progress: StartProgress) => void = () => undefined,
  ): Promise<Platform> {
    const node = newNodeId();
    const state: State = { ready: false };
    const backend = await openBackend({
      backend: config.log,
      dataDir: config.dataDir,
      vaultKey: config.vaultKey,
      node,
      kafka: kafkaSettings(config),
      onFailure: (error) => {
        state.ready = false;
        serverLog.write('error', 'log.stopped', { error: describe(error) });
        onFatal(error);
      },
      onProgress,
      onForeign: (offset) => {
        serverLog.write('warn', 'log.foreign_record', { offset });
      },
      onCutOff: (error) => {
        serverLog.write('warn', 'node.cut_off', { error: describe(error) });
      },
    });
    try {
      return new Platform(await assemble(config, backend, serverLog, { node, state }));
    } catch (error) {
      await backend.close();
      throw error;
    }
  }

  /** Takes up open executions and opens the door, or one that is open already. */
  async start(door?: FrontDoor): Promise<StartReport> {
    const { services, config } = this;
    this.#door = door ?? (await FrontDoor.open(config));
    const app = await createHttpApp(services, {
      onError: (error, request) => {
        this.#serverLog.write('error', 'request.failed', { ...request, error: describe(error) });
      },
      onRequest:
        config.logLevel === 'debug'
          ? (method, route, status, durationMs) => {
              this.#serverLog.write('debug', 'request.answered', { method, route, status, durationMs });
            }
          : null,
    });
    this.#app = app;
    if (config.roles.has('api'))
      serveWebSockets(this.#door.server, {
        credentials: services.credentials,
        hub: this.hub,
        allowedOrigins: config.allowedOrigins,
        queryToken: config.queryToken,
        isReady: services.isReady,
      });
    await this.#runner.start();
    await app.ready();
    this.#door.hand((request, response) => {
      app.routing(request, response);
    });
    if (config.roles.has('runner')) this.#backend.membership.join();
    this.#publisher?.start();
    await this.#scheduling.scheduler.load();
    if (config.roles.has('runner')) {
      await this.#delivery.start();
      await this.#workflowService.orchestrator.start();
      await this.#scheduling.scheduler.start();
    }
    this.#state.ready = true;
    const keyFile = join(config.dataDir, adminKeyFile);
    return {
      url: this.#door.url,
      dataDir: config.dataDir,
      adminKeyFile: existsSync(keyFile) ? keyFile : null,
      skills: this.#catalog.list().length,
    };
  }

  /** Stops accepting, lets running executions finish within the grace time, hands the rest back, closes all. */
  async stop(): Promise<void> {
    this.#state.ready = false;
    const errors: unknown[] = [];
    const step = async (work: () => Promise<unknown> | undefined): Promise<void> => {
      try {
        await work();
      } catch (error) {
        errors.push(error);
      }
    };
    this.#catalog.stop();
    const closing = step(() => Promise.all([this.#door?.close(), this.#app?.close()]));
    await step(() => this.#scheduling.scheduler.stop());
    await step(() => this.#workflowService.orchestrator.stop());
    await step(() => this.#runner.stop(this.config.shutdownGraceMs));
    await step(() => this.#delivery.stop(this.config.shutdownGraceMs));
    await step(() => this.#publisher?.stop());
    // Only now: others would take what still runs here for lost.
    await step(() => this.#backend.membership.leave());
    // Whoever waits for an end or follows one is answered before the connections go.
    this.services.endings.stopWaiting();
    this.services.streams.endAll();
    await step(() => this.hub.stop());
    await Promise.race([closing, new Promise((resolve) => setTimeout(resolve, lastAnswersMs))]);
    this.#door?.server.closeAllConnections();
    await closing;
    await step(() => this.#backend.close());
    if (errors.length > 0) throw new AggregateError(errors, 'The server did not stop cleanly.');
  }
}

interface State {
  ready: boolean;
}

interface Parts {
  readonly config: Config;
  readonly services: Services;
  readonly hub: RealtimeHub;
  readonly backend: Backend;
  readonly catalog: SkillCatalog;
  readonly runner: Runner;
  readonly serverLog: ServerLog;
  readonly state: State;
  /** Null when the log is published to no topic. */
  readonly publisher: FeedPublisher | null;
  readonly delivery: Delivery;
  readonly scheduling: Scheduling;
  readonly workflowService: WorkflowService;
}

function kafkaSettings(config: Config) {
  const { kafkaBrokers, kafkaCell, kafkaTls, kafkaSasl, kafkaUsername, kafkaPassword, kafkaOutcomeMs } = config;
  return {
    brokers: kafkaBrokers,
    cell: kafkaCell,
    tls: kafkaTls,
    sasl: kafkaSasl,
    username: kafkaUsername,
    password: kafkaPassword,
    outcomeMs: kafkaOutcomeMs,
  };
}

async function assemble(
  config: Config,
  backend: Backend,
  serverLog: ServerLog,
  { node, state }: { readonly node: string; readonly state: State },
): Promise<Parts> {
  const clock = systemClock;
  const { log, store, vault, membership } = backend;
  const catalog = openCatalog(config, serverLog);
  await catalog.load();
  const queries = queriesOf(backend);
  const { accounts, apiKeys, credentials } = createAuth(vault, new UserStore(log, clock), clock);
  const executions = new ExecutionStore(log, clock);
  const skillRunner = createSkillRunner(config, catalog);
  const runner = new Runner({
    log,
    executions,
    vault,
    clock,
    skillRunner,
    node,
    membership,
    limits: { heapMb: config.heapMb, rssMb: config.rssMb, outputBytes, resultBytes },
    skillOf: (name) => catalog.get(name),
    todo: (after, limit) => queries.todoAfter(after, limit),
    followUpOf: (executionId, ending) => workflowService.orchestrator.consequences.ofEnding(executionId, ending),
    onError: (error, executionId) => {
      serverLog.write('error', 'execution.not_recorded', { executionId, error: describe(error) });
    },
  });
  const hub = new RealtimeHub({
    log,
    credentials,
    clock,
    executionById: (id) => queries.executionById(id),
    stepsOf: (run) => queries.childrenOf('workflow', run, maxFollowedSteps),
    maxSocketsPerUser: config.maxSocketsPerUser,
    heartbeatMs: config.heartbeatMs,
  });
  const firstSteps: Place['followUp'] = (run, request, atMs) =>
    workflowService.orchestrator.consequences.ofRequest(run, request, atMs);
  const requests = new ExecutionRequests({
    log,
    vault,
    clock,
    limits: { defaultTimeoutMs: config.defaultTimeoutMs, maxTimeoutMs, maxQueued: config.maxQueued },
    waiting: () => runner.waiting,
    placeFor: (skill, timeoutMs) =>
      workflowOfRun(skill.metadata.name) === null ? runner.placeFor(skill, timeoutMs) : placeOfRun(node, firstSteps),
  });
  const runnerStats = (): RunnerStats => ({
    running: runner.running,
    waiting: runner.waiting,
    slots: skillRunner.slots,
    mode: skillRunner.mode,
  });
  const readModels = (): Promise<ReadModelStatus> => store.read<ReadModelStatus>('readModels.status');
  const delivery = createDelivery({
    config,
    log,
    queries,
    vault,
    membership,
    clock,
    node,
    onError: (error, about) => {
      serverLog.write('error', 'delivery.not_recorded', { about, error: describe(error) });
    },
  });
  const workflowService = createWorkflows({
    config,
    log,
    queries,
    vault,
    membership,
    clock,
    node,
    requests,
    executions,
    resultBytes,
    skillOf: (name) => catalog.get(name),
    skillNames: () => catalog.list().map(({ metadata }) => metadata.name),
    onError: (error, about) => {
      serverLog.write('error', 'workflow.not_recorded', { about, error: describe(error) });
    },
  });
  const scheduling = createScheduling({
    config,
    log,
    queries,
    vault,
    membership,
    clock,
    node,
    requests,
    executions,
    workflows: workflowService.workflows,
    skillOf: (name) => catalog.get(name),
    onError: (error, about) => {
      serverLog.write('error', 'firing.not_recorded', { about, error: describe(error) });
    },
  });
  const services: Services = {
    config,
    clock,
    log,
    queries,
    accounts,
    apiKeys,
    credentials,
    catalog,
    requests,
    executions,
    external: new ExternalExecutions({ log, executions, clock }),
    webhooks: delivery.webhooks,
    schedules: scheduling.schedules,
    scheduleStats: scheduling.stats,
    workflows: workflowService.workflows,
    endings: new Endings(log),
    streams: new OpenStreams(credentials),
    artifactsDir: artifactsDirOf(config),
    startedAtMs: clock.now(),
    node,
    share: () => membership.share(),
    isReady: () => state.ready,
    readModels,
    rebuild: (reason) => store.read('readModels.rebuild', reason),
    runner: runnerStats,
    socketStats: () => hub.stats(),
    metrics: async () =>
      collectMetrics({
        runner: runnerStats(),
        sockets: hub.stats(),
        head: log.head(),
        readModels: await readModels(),
        events: await queries.countsByType(),
        log: log.figures(),
        membership: membership.figures(),
      }),
  };
  await accounts.finishErasures(await queries.erasedUserIds());
  await forgetOrphanedSecrets(vault, log, (id) => queries.executionById(id));
  await ensureAdministrator(config, queries, accounts);
  await recordSkills({ log, queries, clock, node }, catalog.list());
  // One after the other: two at once would expect the same revision, and the later change would be the one that is lost.
  let recording = Promise.resolve();
  let recorded = catalog.list();
  catalog.onChange((skills) => {
    const had = recorded;
    recorded = skills;
    runner.ownershipChanged();
    serverLog.write('info', 'skills.changed', {
      skills: skills.map(({ metadata }) => `${metadata.name} ${metadata.version}`),
    });
    recording = recording
      .then(() => recordSkills({ log, queries, clock, node }, skills, had))
      .catch((error: unknown) => {
        serverLog.write('error', 'skills.not_recorded', { error: describe(error) });
      });
  });
  const publisher = await createPublisher(config, backend, serverLog, node);
  return {
    config,
    services,
    hub,
    backend,
    catalog,
    runner,
    serverLog,
    state,
    publisher,
    delivery,
    scheduling,
    workflowService,
  };
}

async function createPublisher(
  config: Config,
  { log, membership }: Backend,
  serverLog: ServerLog,
  node: string,
): Promise<FeedPublisher | null> {
  if (config.feedTopic === '') return null;
  // The client alone takes longer to load than the server.
  const { openPublisher } = await import('./feed/topic/open-publisher.ts');
  return openPublisher({
    topic: config.feedTopic,
    kafka: kafkaSettings(config),
    registry: {
      url: config.schemaRegistry,
      username: config.schemaRegistryUsername,
      password: config.schemaRegistryPassword,
    },
    log,
    membership,
    clock: systemClock,
    node,
    onTrouble: (error) => {
      serverLog.write('warn', 'feed.not_published', { topic: config.feedTopic, error: describe(error) });
    },
  });
}

/** The queries of this node; an execution that it has never heard of may have been requested on another one a moment ago. */
function queriesOf({ store, log }: Backend): Queries {
  const queries = createQueries(store);
  if (!log.capabilities.clustered) return queries;
  const executionById: Queries['executionById'] = async (id) => {
    const row = await queries.executionById(id);
    if (row !== null) return row;
    await log.sync();
    return queries.executionById(id);
  };
  return new Proxy(queries, {
    get: (target, name) => (name === 'executionById' ? executionById : Reflect.get(target, name)) as unknown,
  });
}

interface RunnerStats {
  readonly running: number;
  readonly waiting: number;
  readonly slots: number;
  readonly mode: string;
}

function openCatalog(config: Config, serverLog: ServerLog): SkillCatalog {
  for (const folder of config.skills.filter((wanted) => !existsSync(wanted)))
    serverLog.write('warn', 'skills.folder_missing', {
      folder,
      advice: `${config.watch ? 'Make it: this server takes it up' : 'Make it and start again'}. Or name another one with --skills.`,
    });
  return new SkillCatalog({
    folders: config.skills,
    cacheFile: join(config.dataDir, 'skills-cache.json'),
    watch: config.watch,
    onProblems: (skill, problems) => {
      serverLog.write('warn', 'skill.refused', { skill, problems: problems as unknown as JsonValue });
    },
  });
}

/** A node that runs nothing takes nothing up, and leaves everything to others. */
const noRunner: SkillRunner = {
  mode: 'process',
  slots: 0,
  run: () => {
    throw new BugError('a node without the role runner has been given something to run');
  },
  stop: () => Promise.resolve(),
};

function artifactsDirOf({ artifactsDir, dataDir }: Config): string {
  return artifactsDir === '' ? join(dataDir, 'artifacts') : artifactsDir;
}

function createSkillRunner(config: Config, catalog: SkillCatalog): SkillRunner {
  if (!config.roles.has('runner')) return noRunner;
  const artifactsDir = artifactsDirOf(config);
  const scratchDir = join(config.dataDir, 'work');
  if (config.runner === 'inline')
    return new InlineRunner({ scratchDir, artifactsDir, slots: config.runnerSlots || 100 });
  mkdirSync(scratchDir, { recursive: true });
  const runner = new ProcessRunner({
    readable: () => foldersThere(config.skills),
    scratchDir: realpathSync(scratchDir),
    artifactsDir,
    slots: config.runnerSlots || Math.min(4, availableParallelism()),
    heapMb: config.heapMb,
    maxRunsPerChild,
    idleMs: childIdleMs,
    compileCache: process.env.NODE_COMPILE_CACHE ?? null,
  });
  if (catalog.list().length > 0) runner.prewarm();
  return runner;
}

/** At the first start: an administrator, whose key is kept in a file that only this user can read, and shown nowhere. */
async function ensureAdministrator(config: Config, queries: Queries, accounts: Accounts): Promise<void> {
  const path = join(config.dataDir, adminKeyFile);
  // Several nodes of a new cell may start at once: one of them has the key.
  while ((await queries.firstUserWithRole('administrator')) === null) {
    const made = await accounts.createAdministrator((key) => {
      writePrivateFile(path, `${key}\n`);
    });
    if (made !== null) return;
    rmSync(path, { force: true });
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function writePrivateFile(path: string, content: string): void {
  rmSync(path, { force: true });
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** An error for the server's own log: with its stack, never with a request's content. */
function describe(error: unknown): JsonObject {
  if (!(error instanceof Error)) return { message: String(error) };
  const cause = error.cause instanceof Error ? error.cause.stack : undefined;
  return { message: error.message, stack: error.stack, ...(cause !== undefined && { cause }) };
}
