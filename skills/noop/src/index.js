'use strict';

module.exports = {
  metadata: {
    name: 'noop',
    version: '1.0.0',
    description: 'Does nothing and succeeds: for benchmarks and for checking that executions run at all',
    category: 'diagnostics',
    difficulty: 'beginner',
    author: 'ihuman',
    parameters: {},
  },

  execute() {
    return null;
  },
};
