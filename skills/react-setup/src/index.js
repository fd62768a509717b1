'use strict';

const { mkdirSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');

const { projectFiles } = require('./project-files.js');

module.exports = {
  metadata: {
    name: 'react-setup',
    version: '1.0.0',
    description: 'Create React projects',
    category: 'frontend',
    difficulty: 'intermediate',
    author: 'ihuman',
    parameters: {
      projectName: {
        type: 'string',
        required: true,
        aliases: ['project_name'],
        pattern: '^[a-z0-9][a-z0-9-]{0,63}$',
        description: 'Name of the project and its folder, in kebab-case',
      },
      typescript: { type: 'boolean', default: true, description: 'TypeScript instead of JavaScript' },
    },
  },

  execute({ projectName, typescript }, context) {
    const files = projectFiles(projectName, typescript);
    const written = files.map(({ path, content }, i) => {
      const target = join(context.workDir, projectName, path);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, content);
      context.progress(((i + 1) / files.length) * 100, path);
      return { path: `${projectName}/${path}`, sizeBytes: Buffer.byteLength(content) };
    });
    context.log.info(`${written.length} files; next: cd ${projectName} && npm install && npm run dev`);
    return { success: true, projectName, typescript, files: written };
  },
};
