/** Who may import whom. Each rule's name says what is so; its comment says what to do. */
const edges = '^src/(http|realtime|feed)/';

module.exports = {
  forbidden: [
    {
      name: 'nothing-imports-in-a-circle',
      comment: 'Two modules that need each other are one module, or a third one is missing below them.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'the-kernel-stands-alone',
      comment: 'Move what needs more than the kernel to where it is needed.',
      severity: 'error',
      from: { path: '^src/kernel/' },
      to: { path: '^(src|projections|schemas)/', pathNot: '^src/kernel/' },
    },
    {
      name: 'the-domain-is-pure',
      comment: 'Deciders know events, the kernel and themselves: no packages, no Node, no I/O.',
      severity: 'error',
      from: { path: '^src/domain/' },
      to: { pathNot: '^(src/domain|src/kernel|schemas/generated)/' },
    },
    {
      name: 'projections-know-only-events',
      comment: 'A read model that needs more than the event cannot be rebuilt from the log.',
      severity: 'error',
      from: { path: '^projections/' },
      to: {
        pathNot: '^(projections|schemas/generated|src/kernel|src/projecting/projection.ts|src/event-log/event-log.ts)',
      },
    },
    {
      name: 'only-the-factory-names-a-log-adapter',
      comment: 'Take an EventLog; src/event-log/create-event-log.ts makes it.',
      severity: 'error',
      from: { pathNot: '^(src/event-log/(create-event-log.ts|embedded/)|test/|bench/)' },
      to: { path: '^src/event-log/(embedded|kafka|eventstore)/' },
    },
    {
      name: 'work-does-not-know-the-edges',
      comment: 'Edges depend on work, never the other way round.',
      severity: 'error',
      from: { path: '^src/(event-log|store|projecting|commands|runner|skills|vault|auth|domain)/' },
      to: { path: edges },
    },
    {
      name: 'commands-do-not-know-the-workers',
      comment: 'A command appends events; workers act on what the log says.',
      severity: 'error',
      from: { path: '^src/commands/' },
      to: { path: '^src/runner/' },
    },
    {
      name: 'routes-do-not-import-each-other',
      comment: 'What two routes share lives beside them in src/http.',
      severity: 'error',
      from: { path: '^src/http/routes/' },
      to: { path: '^src/http/routes/' },
    },
    {
      name: 'nothing-imports-main',
      comment: 'main.ts is the program; take what you need from platform.ts.',
      severity: 'error',
      from: {},
      to: { path: '^src/(main|verify-main).ts$' },
    },
    {
      name: 'production-does-not-import-tests-or-tools',
      comment: 'Code that ships must not need what does not.',
      severity: 'error',
      from: { path: '^(src|projections|schemas)/' },
      to: { path: '^(test|bench|demo|scripts)/' },
    },
    {
      name: 'production-does-not-import-dev-packages',
      comment: 'Move the package to "dependencies", or do without it.',
      severity: 'error',
      from: { path: '^(src|projections|schemas)/' },
      to: { dependencyTypes: ['npm-dev'], pathNot: '^node_modules/@types/' },
    },
    {
      name: 'sqlite-stays-in-the-store',
      comment: 'Ask the store thread; a flush elsewhere stops the sockets.',
      severity: 'error',
      from: { path: '^(src|projections)/', pathNot: '^src/(store|projecting|vault)/' },
      to: { path: '^(node:)?sqlite$' },
    },
    {
      name: 'websockets-stay-in-realtime',
      comment: 'Speak to src/realtime.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/realtime/' },
      to: { path: '^node_modules/ws/' },
    },
    {
      name: 'fastify-stays-in-http',
      comment: 'Speak to src/http.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/http/' },
      to: { path: '^node_modules/(fastify|@fastify)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
