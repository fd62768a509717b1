#!/usr/bin/env node
// The command `ihuman`. Plain JavaScript for any Node from 20 on, and CommonJS because that starts faster: help and version are
// answered from here, everything else by src/cli/main.ts on a Node that runs TypeScript as it is.
'use strict';

const { existsSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
const args = process.argv.slice(2);
const answer = shortAnswer();
if (answer === null) void start();
else process.stdout.write(answer);

/** What `--version` and `--help` print, from the texts that `npm run generate` makes of the command tree; null for all else. */
function shortAnswer() {
  if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
    return `${JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version}\n`;
  }
  const asked = args[0] === 'help' ? args.slice(1) : args.slice(0, -1);
  const wantsHelp = args.length === 0 || args[0] === 'help' || ['--help', '-h'].includes(args[args.length - 1]);
  if (!wantsHelp) return null;
  const texts = JSON.parse(readFileSync(join(__dirname, 'help.json'), 'utf8'));
  const path = asked.join(' ');
  return Object.hasOwn(texts, path) ? texts[path] : null;
}

async function start() {
  const node = join(root, 'node_modules/node/bin/node');
  if (!existsSync(node) || !existsSync(join(root, 'node_modules/commander'))) {
    process.stderr.write(`ihuman: its packages are not installed; run "npm ci" in ${root}\n`);
    process.exitCode = 1;
    return;
  }
  const cache = process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules/.cache/ihuman-compile');
  if (Number.parseInt(process.versions.node, 10) >= 24) {
    require('node:module').enableCompileCache(cache);
    await import('../src/cli/main.ts');
  } else {
    const { handOver } = await import('../scripts/hand-over.mjs');
    handOver(node, [join(root, 'src/cli/main.ts'), ...args], { ...process.env, NODE_COMPILE_CACHE: cache });
  }
}
