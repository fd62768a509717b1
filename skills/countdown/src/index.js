'use strict';

const { setTimeout: sleep } = require('node:timers/promises');

module.exports = {
  metadata: {
    name: 'countdown',
    version: '1.0.0',
    description: 'Counts down and reports progress and log lines on the way',
    category: 'diagnostics',
    difficulty: 'beginner',
    author: 'ihuman',
    timeoutMs: 900000,
    parameters: {
      from: { type: 'integer', default: 5, minimum: 0, maximum: 3600, description: 'Where to start' },
      intervalMs: {
        type: 'integer',
        default: 200,
        minimum: 1,
        maximum: 60000,
        description: 'Time between two numbers',
      },
    },
  },

  async execute({ from, intervalMs }, context) {
    for (let left = from; left > 0; left--) {
      context.log.info(`${left} …`);
      context.progress((100 * (from - left)) / from, `${left} left`);
      await sleep(intervalMs, undefined, { signal: context.signal });
    }
    context.log.info('lift-off');
    context.progress(100, 'lift-off');
    return { counted: from };
  },
};
